import { decodeUtf8Lossy } from '@holdfast/engine/bytes'
import type { SnapshotSystem, TreeEntry } from '@holdfast/engine/format'
import type { SnapshotEntry } from '@holdfast/shared-types'
import { joinComponents, wireTextOf } from './entry-path.ts'

/** As the hub presents entries of vaults that it can read. @param path components from the top, the entry's own name last. */
export function presentEntry(entry: TreeEntry, path: readonly Uint8Array[], system: SnapshotSystem): SnapshotEntry {
  const { owner } = entry
  return {
    name: decodeUtf8Lossy(entry.name),
    ...wireTextOf(joinComponents(path, system)),
    type: entry.type,
    mode: entry.mode,
    uid: owner.uid,
    gid: owner.gid,
    user: owner.user === '' ? null : owner.user,
    group: owner.group === '' ? null : owner.group,
    size: entry.type === 'file' ? entry.size : 0,
    mtimeNs: String(entry.mtimeNs),
    symlinkTarget: entry.type === 'symlink' ? decodeUtf8Lossy(entry.target) : null,
    deletedAtMs: entry.deletedAtMs,
    subtree: entry.type === 'folder' ? { files: entry.subtree.files, bytes: entry.subtree.bytes, errors: entry.subtree.errors } : null,
  }
}
