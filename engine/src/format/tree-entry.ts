/** Who an entry belongs to; names are as the host knew them, empty where it did not. */
export interface Owner {
  readonly uid: number
  readonly gid: number
  readonly user: string
  readonly group: string
}

export type ContentItem =
  | { readonly kind: 'data'; readonly length: number; readonly id: Uint8Array }
  /** A range the file system held no blocks for: read as zeroes, restored as a hole. */
  | { readonly kind: 'hole'; readonly length: number }

export type FileContent =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'items'; readonly items: readonly ContentItem[] }
  /** Id of a content list. */
  | { readonly kind: 'list'; readonly id: Uint8Array }

/** Everything below a folder, itself not counted. */
export interface SubtreeCounts {
  readonly files: number
  readonly folders: number
  readonly bytes: number
  readonly errors: number
}

/** Sums stop here: files that are mostly holes can come to more than the format can say. */
export const mostBytes = Number.MAX_SAFE_INTEGER
export const sumOfBytes = (left: number, right: number): number => Math.min(left + right, mostBytes)

/** Whether what was said can be the sum of what was found: one that has stopped may stay there (docs/vault-format.md §9). */
export const isSumOf = (said: number, found: number): boolean => said === found || said === mostBytes

interface EntryFields {
  /** Raw bytes: not necessarily UTF-8. Never empty, `.`, `..`, nor with `/` or a zero byte. */
  readonly name: Uint8Array
  /** 0–0o7777. */
  readonly mode: number
  readonly owner: Owner
  readonly mtimeNs: bigint
  /** 16 bytes shared by all members of a hard-link group. */
  readonly hardLinkGroup: Uint8Array | null
  /** Blob id of extended attributes and ACLs. */
  readonly attributes: Uint8Array | null
  readonly deletedAtMs: number | null
  /** A folder above a source of which only part is kept. */
  readonly isAncestor: boolean
}

export interface FileEntry extends EntryFields {
  readonly type: 'file'
  readonly size: number
  readonly content: FileContent
}
export interface FolderEntry extends EntryFields {
  readonly type: 'folder'
  readonly page: Uint8Array
  readonly subtree: SubtreeCounts
}
export interface SymlinkEntry extends EntryFields {
  readonly type: 'symlink'
  readonly target: Uint8Array
}
export interface FifoOrSocketEntry extends EntryFields {
  readonly type: 'fifo' | 'socket'
}
export interface DeviceEntry extends EntryFields {
  readonly type: 'char-device' | 'block-device'
  readonly major: number
  readonly minor: number
}
/** Something that was there and could not be read. */
export interface ErrorEntry extends EntryFields {
  readonly type: 'error'
  readonly knownType: Exclude<TreeEntryType, 'error'> | null
  readonly code: string
}
export type TreeEntry = FileEntry | FolderEntry | SymlinkEntry | FifoOrSocketEntry | DeviceEntry | ErrorEntry
export type TreeEntryType = 'file' | 'folder' | 'symlink' | 'fifo' | 'socket' | 'char-device' | 'block-device' | 'error'

/** In the order of their numbers in the format, which start at 1. */
export const treeEntryTypes: readonly TreeEntryType[] = [
  'file',
  'folder',
  'symlink',
  'fifo',
  'socket',
  'char-device',
  'block-device',
  'error',
]

export interface PageChild {
  readonly firstName: Uint8Array
  readonly page: Uint8Array
  readonly entries: number
}
export type TreePage =
  | { readonly level: 0; readonly entries: readonly TreeEntry[] }
  | { readonly level: number; readonly children: readonly PageChild[] }

/** Files up to this many bytes lie in the tree page itself: a segment entry would cost more. */
export const inlineLimitBytes = 200
/** More items than this go to a content list. */
export const inlineItemLimit = 32
