import type { ChunkerProfile, ChunkLimits } from '../../chunker/index.ts'
import type { ContentItem } from '../../format/index.ts'
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

/** A regular file as a backup found and kept it. */
export interface CataloguedFile extends FileIdentity {
  readonly name: Uint8Array
  /** False when the file was touched so shortly before it was looked at that a later change could look the same. */
  readonly isTrusted: boolean
  readonly content: CataloguedContent
  /** Extended attributes and ACLs: setting one changes ctime, so they are as unchanged as the content. Null where there are none. */
  readonly attributes: CataloguedBlob | null
}

/** Whom a catalogue speaks of. One that was made for anything else is not used. */
export interface CatalogueIdentity {
  /** 16 bytes. */
  readonly vaultId: Uint8Array
  /** 16 bytes. */
  readonly domainId: Uint8Array
  /** With other limits the same file has other chunks. */
  readonly chunker: ChunkerProfile | ChunkLimits
}
