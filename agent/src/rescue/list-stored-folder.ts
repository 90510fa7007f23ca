import { TreeReader } from '@holdfast/engine/reader'
import { AppError, type SnapshotEntry, type WirePath } from '@holdfast/shared-types'
import type { OpenedSnapshot } from '../runs/open-snapshot.ts'
import { wirePathBytes } from '../runs/wire-path-bytes.ts'
import { presentEntry } from './present-entry.ts'

const slash = 0x2f

export interface StoredEntries {
  readonly entries: SnapshotEntry[]
  /** The folder, or the one entry, was deleted at the source. */
  readonly isDeleted: boolean
}

/**
 * What is in a folder of a snapshot, or the one entry that is not a folder.
 * @param path null = the top. @throws AppError `snapshot.path-not-found`; EngineError for damage
 */
export async function listStoredFolder({ source, body }: OpenedSnapshot, path: WirePath | null): Promise<StoredEntries> {
  const reader = new TreeReader((type, id) => source.read(type, id))
  const components = path === null ? [] : componentsOf(wirePathBytes(path))
  const entry = components.length === 0 ? null : await reader.resolve(body.root, components)
  if (components.length > 0 && entry === null) throw new AppError('snapshot.path-not-found')
  const isDeleted = entry !== null && entry.deletedAtMs !== null
  if (entry !== null && entry.type !== 'folder') return { entries: [presentEntry(entry, components, body.system)], isDeleted }
  const entries: SnapshotEntry[] = []
  for await (const child of reader.entries(entry === null ? body.root : entry.page))
    entries.push(presentEntry(child, [...components, child.name], body.system))
  return { entries, isDeleted }
}

/** Names on the way to an absolute path; none for the top. */
function componentsOf(path: Uint8Array): Uint8Array[] {
  const components: Uint8Array[] = []
  for (let start = 0, at = 0; at <= path.length; at++) {
    if (at < path.length && path[at] !== slash) continue
    if (at > start) components.push(path.subarray(start, at))
    start = at + 1
  }
  return components
}
