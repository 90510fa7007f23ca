import { compareBytes } from '@holdfast/engine/bytes'
import {
  blobTypes,
  buildContent,
  buildFolderPages,
  inlineLimitBytes,
  pageSeedOf,
  type ContentItem,
  type ErrorEntry,
  type FileContent,
  type Owner,
  type SubtreeCounts,
  type TreeEntry,
} from '@holdfast/engine/format'
import type { DomainKeys } from '@holdfast/engine/reader'
import type { BlobSink } from '@holdfast/engine/vault'

/** A zero range of this many bytes. */
export interface Hole {
  readonly holeBytes: number
}
/** What is neither file, folder nor link. */
export interface Special {
  readonly special: 'fifo' | 'socket' | 'char-device' | 'error'
}
/** Anything with a mode and a time of its own. */
export interface Dated {
  readonly node: Node
  readonly mode: number
  readonly mtimeNs: bigint
  readonly deletedAtMs?: number
}
/** File contents, parts of a sparse file, a link's target, or a folder. */
export type Node = Uint8Array | readonly (Uint8Array | Hole)[] | { readonly link: string } | Folder | Special | Dated
export interface Folder {
  readonly folder: ReadonlyMap<string | Uint8Array, Node>
}

export const folder = (entries: Record<string, Node> | [string | Uint8Array, Node][]): Folder => ({
  folder: new Map<string | Uint8Array, Node>(Array.isArray(entries) ? entries : Object.entries(entries)),
})

const owner: Owner = { uid: 1000, gid: 100, user: 'ada', group: '' }
const chunkBytes = 1024 * 1024

interface Built {
  readonly root: Uint8Array
  readonly files: number
  readonly folders: number
  readonly bytes: number
  readonly errors: number
}

/** Puts a tree into a sink, with fixed-size chunks; what an archiver does with a real one. */
export function buildTree(sink: BlobSink, keys: DomainKeys, top: Folder): Built {
  const put = (type: 1 | 2 | 3, bytes: Uint8Array): Uint8Array => sink.idOf(sink.add(type, bytes))
  const seed = pageSeedOf(keys.cdcKey)

  const writeFolder = ({ folder: nodes }: Folder): { page: Uint8Array; subtree: SubtreeCounts } => {
    const subtree = { files: 0, folders: 0, bytes: 0, errors: 0 }
    const entries = [...nodes].map(([name, node]) => {
      const entry = writeNode(typeof name === 'string' ? Buffer.from(name) : name, node)
      if (entry.type === 'file') {
        subtree.files++
        subtree.bytes += entry.size
      }
      if (entry.type === 'folder') {
        subtree.folders += 1 + entry.subtree.folders
        subtree.files += entry.subtree.files
        subtree.bytes += entry.subtree.bytes
      }
      return entry
    })
    entries.sort((left, right) => compareBytes(left.name, right.name))
    return { page: buildFolderPages(entries, seed, (page) => put(blobTypes.treePage, page)), subtree }
  }

  const writeNode = (name: Uint8Array, node: Node): TreeEntry => {
    const fields = {
      name,
      mode: 0o640,
      owner,
      mtimeNs: 1_700_000_000_123_456_789n,
      hardLinkGroup: null,
      attributes: null,
      deletedAtMs: null,
      isAncestor: false,
    }
    if ('node' in node)
      return { ...writeNode(name, node.node), mode: node.mode, mtimeNs: node.mtimeNs, deletedAtMs: node.deletedAtMs ?? null }
    if ('special' in node) return writeSpecial(fields, node)
    if ('folder' in node) return { ...fields, type: 'folder', mode: 0o755, ...writeFolder(node) }
    if ('link' in node) return { ...fields, type: 'symlink', target: Buffer.from(node.link) }
    const parts = node instanceof Uint8Array ? [node] : node
    const size = parts.reduce((sum, part) => sum + (part instanceof Uint8Array ? part.length : part.holeBytes), 0)
    return { ...fields, type: 'file', size, content: writeContent(parts, size) }
  }

  const writeSpecial = (fields: Omit<ErrorEntry, 'type' | 'knownType' | 'code'>, { special }: Special): TreeEntry => {
    if (special === 'error') return { ...fields, type: 'error', knownType: 'file', code: 'EACCES' }
    if (special === 'char-device') return { ...fields, type: special, major: 1, minor: 3 }
    return { ...fields, type: special }
  }

  const writeContent = (parts: readonly (Uint8Array | Hole)[], size: number): FileContent => {
    if (size <= inlineLimitBytes)
      return {
        kind: 'inline',
        bytes: Buffer.concat(parts.map((part) => (part instanceof Uint8Array ? part : Buffer.alloc(part.holeBytes)))),
      }
    const items: ContentItem[] = parts.flatMap((part): ContentItem[] => {
      if (!(part instanceof Uint8Array)) return [{ kind: 'hole', length: part.holeBytes }]
      return Array.from({ length: Math.ceil(part.length / chunkBytes) }, (_, index) => {
        const chunk = part.subarray(index * chunkBytes, (index + 1) * chunkBytes)
        return { kind: 'data', length: chunk.length, id: put(blobTypes.data, chunk) }
      })
    })
    return buildContent(items, (list) => put(blobTypes.contentList, list))
  }

  const { page, subtree } = writeFolder(top)
  return { root: page, ...subtree }
}
