import { fchmodSync, fchownSync } from 'node:fs'
import { EngineError } from '../errors/index.ts'
import type { TreeEntry } from '../format/index.ts'
import type { ItemWarnings } from '../run-control/index.ts'
import { setFileTimes, type TargetFolder } from '../source/index.ts'
import { fatalError, systemCodeOf } from './system-errors.ts'

const kinds = ['owner', 'mode', 'times'] as const
type Kind = (typeof kinds)[number]
const setIdBits = 0o6000

const messages: Readonly<Record<Kind, string>> = {
  owner: 'The owner could not be set, and such files got no set-user or set-group bit. Run the agent as root to restore owners',
  mode: 'The permissions could not be set; the file system of the target may not know them',
  times: 'The modification time could not be set; the file system of the target may not hold it',
}

/** The three things that owner, permissions and times are set on. */
interface Settable {
  setOwner(uid: number, gid: number): void
  setMode(mode: number): void
  setTimes(mtimeNs: bigint): void
}

/**
 * Gives restored things their owner, then their permissions (changing the owner takes away the set-user bit), then their times.
 * What cannot be set is told once for each kind, with the number of entries: without root it may be all of them.
 */
export class MetadataWriter {
  readonly #failed = new Map<Kind, { count: number; readonly path: Uint8Array; readonly error: unknown }>()

  /** @param path in the snapshot; asked only for the first of a kind that fails. */
  toFile(fd: number, entry: TreeEntry, path: () => Uint8Array): void {
    this.#apply(entry, path, {
      setOwner: (uid, gid) => fchownSync(fd, uid, gid),
      setMode: (mode) => fchmodSync(fd, mode),
      setTimes: (mtimeNs) => setFileTimes(fd, mtimeNs),
    })
  }

  toFolder(folder: TargetFolder, entry: TreeEntry, path: () => Uint8Array): void {
    this.#apply(entry, path, {
      setOwner: (uid, gid) => folder.setOwnOwner(uid, gid),
      setMode: (mode) => folder.setOwnMode(mode),
      setTimes: (mtimeNs) => folder.setOwnTimes(mtimeNs),
    })
  }

  /** A symlink, FIFO or device, never followed. */
  toName(folder: TargetFolder, name: Uint8Array, entry: TreeEntry, path: () => Uint8Array): void {
    this.#apply(entry, path, {
      setOwner: (uid, gid) => folder.setOwner(name, uid, gid),
      // A symlink has no permissions of its own on Linux.
      setMode: (mode) => (entry.type === 'symlink' ? undefined : folder.setMode(name, mode)),
      setTimes: (mtimeNs) => folder.setTimes(name, mtimeNs),
    })
  }

  /** Tells what was not set. */
  report(warnings: ItemWarnings): void {
    for (const [kind, { count, path, error }] of this.#failed) {
      const others = count === 1 ? '' : ` (this and ${count - 1} other entries)`
      warnings.add(
        path,
        new EngineError('restore.entry-failed', `${messages[kind]}${others}.`, {
          context: { entries: count, system: systemCodeOf(error) },
          cause: error,
        }),
      )
    }
  }

  #apply(entry: TreeEntry, path: () => Uint8Array, to: Settable): void {
    const isOwned = this.#attempt('owner', path, () => to.setOwner(entry.owner.uid, entry.owner.gid))
    // Whoever owns it now is not whom these bits would lend their rights to.
    this.#attempt('mode', path, () => to.setMode(isOwned ? entry.mode : entry.mode & ~setIdBits))
    this.#attempt('times', path, () => to.setTimes(entry.mtimeNs))
  }

  #attempt(kind: Kind, path: () => Uint8Array, set: () => void): boolean {
    try {
      set()
      return true
    } catch (error) {
      const fatal = fatalError(error)
      if (fatal !== null) throw fatal
      if (systemCodeOf(error) === null) throw error
      const failed = this.#failed.get(kind) ?? { count: 0, path: path(), error }
      failed.count++
      this.#failed.set(kind, failed)
      return false
    }
  }
}
