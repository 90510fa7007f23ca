import { decodeUtf8Lossy } from '@holdfast/engine/bytes'
import type { SnapshotSystem, TreeEntry } from '@holdfast/engine/format'
import type { SnapshotEntry } from '@holdfast/shared-types'
import { toWirePath } from '../runs/wire-path-bytes.ts'

/** As a hub shows it. @param path components from the top, the entry's own name last. */
export function presentEntry(entry: TreeEntry, path: readonly Uint8Array[], system: SnapshotSystem): SnapshotEntry {
  const { owner } = entry
  return {
    name: decodeUtf8Lossy(entry.name),
    ...toWirePath(joinComponents(path, system)),
    type: entry.type,
    mode: entry.mode,
    uid: owner.uid,
    gid: owner.gid,
    user: owner.user === '' ? null : owner.user,
    group: owner.group === '' ? null : owner.group,
    size: entry.type === 'file' ? entry.size : 0,
    mtimeNs: String(entry.mtimeNs),
    deletedAtMs: entry.deletedAtMs,
    symlinkTarget: entry.type === 'symlink' ? decodeUtf8Lossy(entry.target) : null,
    subtree: entry.type === 'folder' ? { files: entry.subtree.files, bytes: entry.subtree.bytes, errors: entry.subtree.errors } : null,
  }
}

/** How the path reads on the host it came from: `/home/ada`, `C:\Users\Ada`. */
function joinComponents(components: readonly Uint8Array[], system: SnapshotSystem): Uint8Array {
  const separator = Buffer.from(system === 'windows' ? '\\' : '/')
  return Buffer.concat(
    components.flatMap((component, index) => (index === 0 && system === 'windows' ? [component] : [separator, component])),
  )
}
