import type { ErrorEntry, TreeEntry } from '@holdfast/engine/format'
import type { TreeReader } from '@holdfast/engine/reader'
import { ApiError } from '../../../../platform/errors/api-error.ts'
import { bytesOfPart, partsOf, wantedByPart, withContent, type ContentPart } from '../content-parts.ts'
import type { SnapshotBlobs } from '../snapshot-blobs.ts'
import { LeftOut } from './left-out.ts'
import { zipNameOf } from './zip-names.ts'
import { ZipWriter } from './zip-writer.ts'

/** What goes into a zip: entries of one folder, as the zip has them at its top. */
export interface ZipSource {
  readonly reader: TreeReader
  readonly blobs: SnapshotBlobs
  /** Root page of the folder that has the entries. */
  readonly page: Uint8Array
  /** Null = all it has. */
  readonly roots: AsyncIterable<TreeEntry> | null
  /** Also what the snapshot keeps of deleted files; `roots` are in the zip whatever they are, and so is all in a root that is deleted itself. */
  readonly withDeleted: boolean
}

/** A folder that is being walked. */
interface Frame {
  readonly page: Uint8Array
  readonly children: AsyncIterator<TreeEntry>
  /** Of the zip; empty at its top, and ends in a slash below. */
  readonly path: string
}

/** One step of a zip: an entry begins, a part of its content comes, it ends. */
type ZipStep =
  | { readonly kind: 'entry'; readonly name: Uint8Array; readonly entry: TreeEntry }
  | { readonly kind: 'part'; readonly part: ContentPart }
  | { readonly kind: 'end' }

const kinds = { file: 0o100000, folder: 0o040000, symlink: 0o120000 } as const
const maxNameBytes = 0xffff
/** Each is named once more in the directory at the end, which is kept until then: some 130 MB a million. */
const mostEntries = 1_000_000
/** Each that is open holds a page of its list; few systems unpack paths this long at all. */
const mostDepth = 500

/**
 * The bytes of a zip, read from the vault as fast as they are taken. Folders come before what is in them, symbolic links as links.
 * @throws on damage: what was yielded by then is not a zip, and must not be ended as if it were
 */
export async function* zipTree(source: ZipSource, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const writer = new ZipWriter()
  const leftOut = new LeftOut()
  const steps = withContent(walk(source, leftOut), wantedByStep, source.blobs, signal)
  for await (const [step] of steps) {
    if (step.kind !== 'entry') continue
    if (writer.entries >= mostEntries) throw tooLarge(writer.entries)
    const { name, entry } = step
    if (entry.type === 'folder') yield writer.addEmpty(zipEntryOf(name, entry, 'folder'))
    else if (entry.type === 'symlink') yield* writer.addWhole(zipEntryOf(name, entry, 'symlink'), entry.target)
    else if (entry.type === 'file') yield* writer.addFile(zipEntryOf(name, entry, 'file'), entry.size, untilEnd(steps))
  }
  if (leftOut.count > 0) yield* await tellLeftOut(writer, leftOut, source)
  yield* writer.end()
}

const wantedByStep = (step: ZipStep) => (step.kind === 'part' ? wantedByPart(step.part) : null)

/** The bytes of the file that has begun. Leaves the steps where the next entry begins. */
async function* untilEnd(steps: AsyncGenerator<readonly [ZipStep, Uint8Array | null]>): AsyncGenerator<Uint8Array> {
  for (let next = await steps.next(); next.done !== true; next = await steps.next()) {
    const [step, blob] = next.value
    if (step.kind === 'end') return
    if (step.kind === 'part') yield* bytesOfPart(step.part, blob)
  }
}

async function* walk({ reader, page, roots, withDeleted }: ZipSource, leftOut: LeftOut): AsyncGenerator<ZipStep> {
  const open = (below: Uint8Array, path: string, children: AsyncIterable<TreeEntry>, isAll: boolean): Frame => ({
    page: below,
    path,
    children: (withDeleted || isAll ? children : withoutDeleted(children))[Symbol.asyncIterator](),
  })
  // A stack of our own: a tree that is deep must not end the call stack.
  const frames = [open(page, '', roots ?? reader.entries(page), roots !== null)]
  try {
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const next = await frame.children.next()
      if (next.done === true) {
        frames.pop()
        continue
      }
      const entry = next.value
      const text = await nameIn(reader, frame, entry)
      const name = new TextEncoder().encode(entry.type === 'folder' ? `${text}/` : text)
      const reason = reasonToLeaveOut(entry, name, frames.length)
      if (reason !== null) {
        leftOut.add(text.slice(0, 1000), reason)
        continue
      }
      yield { kind: 'entry', name, entry }
      if (entry.type === 'folder') frames.push(open(entry.page, `${text}/`, reader.entries(entry.page), entry.deletedAtMs !== null))
      if (entry.type !== 'file') continue
      for await (const part of partsOf(reader, entry)) yield { kind: 'part', part }
      yield { kind: 'end' }
    }
  } finally {
    // Whoever reads no further leaves nothing open.
    for (const { children } of frames) await children.return?.()
  }
}

async function* withoutDeleted(entries: AsyncIterable<TreeEntry>): AsyncGenerator<TreeEntry> {
  for await (const entry of entries) if (entry.deletedAtMs === null) yield entry
}

const nameIn = async (reader: TreeReader, { page, path }: Frame, { name }: TreeEntry): Promise<string> =>
  path + (await zipNameOf(name, path === '', async (other) => (await reader.find(page, other)) !== null))

const zipEntryOf = (name: Uint8Array, { mode, mtimeNs }: TreeEntry, kind: keyof typeof kinds) => ({
  name,
  mode: kinds[kind] | (kind === 'symlink' ? 0o777 : mode),
  mtimeNs,
})

/** Null = it can be in a zip. */
function reasonToLeaveOut(entry: TreeEntry, name: Uint8Array, depth: number): string | null {
  if (name.length > maxNameBytes) return 'its path is longer than a zip can hold'
  if (entry.type === 'folder') return depth > mostDepth ? 'it lies in too many folders' : null
  if (entry.type === 'file' || entry.type === 'symlink') return null
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

async function tellLeftOut(writer: ZipWriter, leftOut: LeftOut, { reader, page }: ZipSource): Promise<Generator<Uint8Array>> {
  const isTaken = async (name: string): Promise<boolean> => (await reader.find(page, new TextEncoder().encode(name))) !== null
  let name = 'holdfast-left-out.txt'
  for (let number = 2; await isTaken(name); number++) name = `holdfast-left-out-${number}.txt`
  const entry = { name: new TextEncoder().encode(name), mode: 0o100644, mtimeNs: BigInt(Date.now()) * 1_000_000n }
  return writer.addWhole(entry, new TextEncoder().encode(leftOut.text()))
}

const tooLarge = (entries: number): ApiError => new ApiError({ code: 'snapshot.zip-too-large', cause: `${entries} entries` })
