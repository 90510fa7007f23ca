/** The first byte under the keyed hash: a tree page can never pass for data (docs/vault-format.md §6). */
export const blobTypes = { data: 1, treePage: 2, contentList: 3, attributes: 4, imageMap: 5 } as const
export type BlobType = (typeof blobTypes)[keyof typeof blobTypes]

export const packKinds = { data: 1, metadata: 2 } as const
export type PackKind = (typeof packKinds)[keyof typeof packKinds]

/** Data and metadata never share a pack. */
export const packKindOf = (type: BlobType): PackKind => (type === blobTypes.data ? packKinds.data : packKinds.metadata)

export const blobIdBytes = 32
/** Pack, snapshot, vault, domain and agent ids. */
export const objectIdBytes = 16
