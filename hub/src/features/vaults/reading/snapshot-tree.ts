import { AppError, type SnapshotId } from '@holdfast/shared-types'
import { EngineError } from '@holdfast/engine/errors'
import { blobTypes, type FileEntry, type FolderEntry, type TreeEntry } from '@holdfast/engine/format'
import { TreeReader } from '@holdfast/engine/reader'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { OpenVaults } from '../contents/open-vaults.ts'
import { requireOpened } from '../contents/snapshot-record.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import { translateEngineError, withContractErrors } from '../errors/translate-engine-error.ts'
import { findSnapshot } from '../tables/snapshots.queries.ts'
import type { ReadScope, SegmentReader } from './segment-reader.ts'

export interface FolderPage {
  /** Null = the top, which has no entry of its own. */
  readonly folder: TreeEntry | null
  readonly entries: readonly TreeEntry[]
  /** Entries in the folder. */
  readonly total: number
}

export interface ListedRange {
  /** Entries before these are skipped without decoding their pages. */
  readonly after: number
  readonly limit: number
}

/** One snapshot, readable without its keys leaving this feature. */
export interface SnapshotTree {
  /** @param path components from the top; empty = the top. Null when there is no folder at the path. */
  list(path: readonly Uint8Array[], range: ListedRange): Promise<FolderPage | null>
  /** Null when there is nothing at the path. @param path not empty. */
  find(path: readonly Uint8Array[]): Promise<TreeEntry | null>
  /** Everything in a folder, in order, page by page as it is read. @param folder of this snapshot; null = the top */
  children(folder: FolderEntry | null): AsyncGenerator<TreeEntry>
  /** What a folder has of that name. */
  child(folder: FolderEntry | null, name: Uint8Array): Promise<TreeEntry | null>
  /** Bytes `from` to `end` (exclusive) of a file, in parts of at most 8 MiB; holes come as zeroes. Throws on damage, never cuts short. */
  read(file: FileEntry, from: number, end: number): AsyncGenerator<Uint8Array>
}

export interface SnapshotTreeDeps {
  readonly vaults: OpenVaults
  readonly refsets: SnapshotRefsets
  readonly segments: SegmentReader
}

/** @throws AppError `snapshot.not-found` also for one whose object is lost; `vault.private` for one that the hub cannot read. */
export async function openSnapshotTree(
  { vaults, refsets, segments }: SnapshotTreeDeps,
  em: EntityManager,
  snapshotId: SnapshotId,
): Promise<SnapshotTree> {
  const found = await findSnapshot(em, snapshotId)
  if (found?.state !== 'committed') throw new AppError('snapshot.not-found', { context: { snapshotId } })
  const vault = vaults.readable(found.vaultId)
  const snapshot = requireOpened(found)
  const scope: ReadScope = {
    vault,
    domainId: snapshot.domainId,
    refset: await withContractErrors(() => refsets.readable(snapshot)),
  }
  const reader = new TreeReader((type, id) => segments.read(scope, type, id))
  return {
    list: (path, range) => withContractErrors(() => listFolder(reader, snapshot.root, path, range)),
    find: (path) => withContractErrors(() => reader.resolve(snapshot.root, path)),
    children: (folder) => readChildren(reader, folder?.page ?? snapshot.root),
    child: (folder, name) => withContractErrors(() => reader.find(folder?.page ?? snapshot.root, name)),
    read: (file, from, end) => readFile({ reader, segments, scope }, file, from, end),
  }
}

async function listFolder(
  reader: TreeReader,
  top: Uint8Array,
  path: readonly Uint8Array[],
  { after, limit }: ListedRange,
): Promise<FolderPage | null> {
  const folder = path.length === 0 ? null : await reader.resolve(top, path)
  if (path.length > 0 && folder?.type !== 'folder') return null
  const page = folder?.type === 'folder' ? folder.page : top
  const entries: TreeEntry[] = []
  for await (const entry of reader.entries(page, after)) {
    // Asking for one more might fetch a page for nothing.
    if (entries.push(entry) >= limit) break
  }
  return { folder, entries, total: await reader.countEntries(page) }
}

async function* readChildren(reader: TreeReader, page: Uint8Array): AsyncGenerator<TreeEntry> {
  try {
    yield* reader.entries(page)
  } catch (error) {
    throw translateEngineError(error)
  }
}

interface Reading {
  readonly reader: TreeReader
  readonly segments: SegmentReader
  readonly scope: ReadScope
}

async function* readFile(reading: Reading, file: FileEntry, from: number, end: number): AsyncGenerator<Uint8Array> {
  try {
    if (file.content.kind === 'inline') yield inlineBytes(file, file.content.bytes).subarray(from, end)
    else yield* readItems(reading, file, from, end)
  } catch (error) {
    throw translateEngineError(error)
  }
}

function inlineBytes(file: FileEntry, bytes: Uint8Array): Uint8Array {
  if (bytes.length !== file.size) throw new EngineError('format.invalid', 'A file has another size than its content.')
  return bytes
}

const zeroes = new Uint8Array(64 * 1024)

async function* readItems({ reader, segments, scope }: Reading, file: FileEntry, from: number, end: number): AsyncGenerator<Uint8Array> {
  for await (const { offset, item } of reader.items(file, from)) {
    if (offset >= end) return
    const start = Math.max(from - offset, 0)
    const stop = Math.min(end - offset, item.length)
    if (start >= stop) continue
    if (item.kind === 'hole') {
      for (let left = stop - start; left > 0; left -= zeroes.length) yield left < zeroes.length ? zeroes.subarray(0, left) : zeroes
      continue
    }
    const blob = await segments.read(scope, blobTypes.data, item.id)
    if (blob.length !== item.length) throw new EngineError('format.invalid', 'A piece of a file has another length than the file says.')
    yield blob.subarray(start, stop)
  }
}
