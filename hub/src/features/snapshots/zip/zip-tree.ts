import type { ErrorEntry, FolderEntry, TreeEntry } from '@holdfast/engine/format'
import type { SnapshotTree } from '../../vaults/index.ts'
import { gatherParts } from './gather-parts.ts'
import { LeftOut } from './left-out.ts'
import { tooLarge, zipLimits, type ZipLimits } from './zip-limits.ts'
import { zipNameOf } from './zip-names.ts'
import { ZipWriter } from './zip-writer.ts'

/** What goes into a zip: entries of one folder, as the zip has them at its top. */
export interface ZipSource {
  readonly tree: SnapshotTree
  /** Null = the top of the snapshot. */
  readonly parent: FolderEntry | null
  /** Of the parent; null = all it has. */
  readonly roots: AsyncIterable<TreeEntry> | null
  /** Also what the snapshot keeps of deleted files; `roots` are in the zip whatever they are, and so is all in a root that is deleted itself. */
  readonly withDeleted: boolean
}

/** A folder that is being walked. */
interface Frame {
  readonly folder: FolderEntry | null
  readonly children: AsyncIterator<TreeEntry>
  /** Of the zip; empty at its top, and ends in a slash below. */
  readonly path: string
}

const kinds = { file: 0o100000, folder: 0o040000, symlink: 0o120000 } as const
const maxNameBytes = 0xffff

/**
 * The bytes of a zip, read from the vault as fast as they are taken. Folders come before what is in them, symbolic links as links.
 * @throws AppError `snapshot.zip-too-large`, and on damage: what was yielded by then is not a zip, and must not be ended as if it were
 */
export function zipTree(source: ZipSource, limits: ZipLimits = zipLimits): AsyncGenerator<Uint8Array> {
  return gatherParts(walk(source, limits))
}

async function* walk({ tree, parent, roots, withDeleted }: ZipSource, limits: ZipLimits): AsyncGenerator<Uint8Array> {
  const writer = new ZipWriter()
  const leftOut = new LeftOut()
  const open = (folder: FolderEntry | null, path: string, children: AsyncIterable<TreeEntry>): Frame => ({
    folder,
    path,
    children: (withDeleted || isAsked(folder, path) ? children : withoutDeleted(children))[Symbol.asyncIterator](),
  })
  // At the top what was named, below it what is in a folder that is deleted itself.
  const isAsked = (folder: FolderEntry | null, path: string): boolean =>
    path === '' ? roots !== null : folder !== null && folder.deletedAtMs !== null
  // A stack of our own: the hub must not run out of its for a tree that is deep.
  const frames = [open(parent, '', roots ?? tree.children(parent))]
  try {
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const next = await frame.children.next()
      if (next.done === true) {
        frames.pop()
        continue
      }
      const entry = next.value
      if (writer.entries >= limits.entries) throw tooLarge(writer.entries)
      const name = await nameIn(tree, frame, entry)
      const path = Buffer.from(`${name}${entry.type === 'folder' ? '/' : ''}`)
      if (path.length > maxNameBytes) leftOut.add(name.slice(0, 1000), 'its path is longer than a zip can hold')
      else if (entry.type === 'folder' && frames.length > limits.depth) leftOut.add(name.slice(0, 1000), 'it lies in too many folders')
      else if (entry.type === 'folder') {
        yield writer.addEmpty(zipEntryOf(path, entry, 'folder'))
        frames.push(open(entry, `${name}/`, tree.children(entry)))
      } else if (entry.type === 'file') {
        yield* writer.addFile(zipEntryOf(path, entry, 'file'), entry.size, tree.read(entry, 0, entry.size))
      } else if (entry.type === 'symlink') yield* writer.addWhole(zipEntryOf(path, entry, 'symlink'), entry.target)
      else leftOut.add(name, reasonFor(entry))
    }
    if (leftOut.count > 0) yield* tellLeftOut(writer, leftOut, (name) => tree.child(parent, Buffer.from(name)))
    yield* writer.end()
  } finally {
    // Whoever reads no further leaves nothing open.
    for (const { children } of frames) await children.return?.()
  }
}

async function* withoutDeleted(entries: AsyncIterable<TreeEntry>): AsyncGenerator<TreeEntry> {
  for await (const entry of entries) if (entry.deletedAtMs === null) yield entry
}

const nameIn = async (tree: SnapshotTree, { folder, path }: Frame, { name }: TreeEntry): Promise<string> =>
  path + (await zipNameOf(name, path === '', async (other) => (await tree.child(folder, other)) !== null))

const zipEntryOf = (name: Uint8Array, { mode, mtimeNs }: TreeEntry, kind: keyof typeof kinds) => ({
  name,
  mode: kinds[kind] | (kind === 'symlink' ? 0o777 : mode),
  mtimeNs,
})

function reasonFor(entry: Exclude<TreeEntry, { readonly type: keyof typeof kinds }>): string {
  const reasons = {
    fifo: 'a named pipe',
    socket: 'a socket',
    'char-device': 'a device',
    'block-device': 'a device',
    error: 'could not be read when it was backed up',
  } as const
  return entry.type === 'error' ? `${reasons.error} (${codeOf(entry)})` : reasons[entry.type]
}

/** From the device: nothing of it may look like a line of its own. */
const codeOf = ({ code }: ErrorEntry): string => code.replaceAll(/[^\w.-]/g, '?').slice(0, 64)

async function* tellLeftOut(
  writer: ZipWriter,
  leftOut: LeftOut,
  find: (name: string) => Promise<TreeEntry | null>,
): AsyncGenerator<Uint8Array> {
  let name = 'holdfast-left-out.txt'
  for (let number = 2; (await find(name)) !== null; number++) name = `holdfast-left-out-${number}.txt`
  const entry = { name: Buffer.from(name), mode: 0o100644, mtimeNs: BigInt(Date.now()) * 1_000_000n }
  yield* writer.addWhole(entry, Buffer.from(leftOut.text()))
}
