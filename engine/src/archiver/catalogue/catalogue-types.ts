import type { ChunkerProfile, ChunkLimits } from '../../chunker/index.ts'
import type { ContentItem, FileContent, TreeEntry } from '../../format/index.ts'
import type { BlobTicket } from '../../vault/blob-sink.ts'

/** What tells one state of a file from another without reading it. */
export interface FileIdentity {
  readonly size: number
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly inode: bigint
  readonly device: bigint
}

/** A blob with its number in the session that wrote the catalogue. */
export interface CataloguedBlob {
  /** 32 bytes. */
  readonly id: Uint8Array
  readonly ticket: BlobTicket
}

export type CataloguedContent =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'stored'
      readonly items: readonly ContentItem[]
      /** One for each item of kind `data`, in their order. */
      readonly tickets: readonly BlobTicket[]
      /** Content lists over the items, the root last; empty when the items lie in the tree page. */
      readonly lists: readonly CataloguedBlob[]
    }

/** As a file's entry says it. */
export function contentOf(catalogued: CataloguedContent): FileContent {
  if (catalogued.kind === 'inline') return catalogued
  const root = catalogued.lists.at(-1)
  return root === undefined ? { kind: 'items', items: catalogued.items } : { kind: 'list', id: root.id }
}

/** A regular file as a backup found and kept it. */
export interface CataloguedFile extends FileIdentity {
  readonly name: Uint8Array
  /** False when the file was touched so shortly before it was looked at that a later change could look the same. */
  readonly isTrusted: boolean
  readonly content: CataloguedContent
  /** Extended attributes and ACLs: setting one changes ctime, so they are as unchanged as the content. Null where there are none. */
  readonly attributes: CataloguedBlob | null
}

/** What a folder holds that is no file, as far as a later backup has to know: that it was there. */
export interface CataloguedOther {
  readonly name: Uint8Array
  readonly isFolder: boolean
}

/** An entry that was deleted at its source and is kept (docs/vault-format.md §9). */
export interface KeptLine {
  /** With its mark. Of a folder without what only its own parts tell: `page` and `subtree` say nothing. */
  readonly entry: TreeEntry
  /** All that the entry itself needs: pieces and lists of its content, attributes. */
  readonly blobs: readonly CataloguedBlob[]
}

/** One entry of a folder; what could not be read has no line. */
export type CatalogueLine =
  | { readonly kind: 'file'; readonly file: CataloguedFile }
  | { readonly kind: 'other'; readonly other: CataloguedOther }
  | { readonly kind: 'kept'; readonly kept: KeptLine }

/** Whom a catalogue speaks of. One that was made for anything else is not used. */
export interface CatalogueIdentity {
  /** 16 bytes. */
  readonly vaultId: Uint8Array
  /** 16 bytes. */
  readonly domainId: Uint8Array
  /** With other limits the same file has other chunks. */
  readonly chunker: ChunkerProfile | ChunkLimits
}
