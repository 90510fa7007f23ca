import { fchmodSync, fchownSync } from 'node:fs'
import { equalBytes } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import type { ExtendedAttribute } from '../../format/index.ts'
import type { ItemWarnings } from '../../run-control/index.ts'
import { nativeProblem, removeAttribute, setAttribute, setFileTimes, type TargetFolder } from '../../source/index.ts'
import { aclNames, isOwners } from './acl-names.ts'
import type { Attributes } from '../snapshot/attribute-sets.ts'
import type { EntryMetadata } from './restored-folder.ts'
import { fatalError, systemCodeOf } from './system-errors.ts'

const kinds = ['owner', 'mode', 'times'] as const
type Kind = (typeof kinds)[number]
const setIdBits = 0o6000

const messages: Readonly<Record<Kind, string>> = {
  owner: 'The owner could not be set, and such files got no set-user or set-group bit. Run the agent as root to restore owners',
  mode: 'The permissions could not be set; the file system of the target may not know them',
  times: 'The modification time could not be set; the file system of the target may not hold it',
}

/** What an entry gets besides its content. */
export interface MetadataToWrite {
  readonly entry: EntryMetadata
  readonly attributes: Attributes
  /** It was made in a folder that gives what is made in it an ACL of its own. */
  readonly inheritsAcl: boolean
}

/** The things that metadata are set on. */
interface Settable {
  setOwner(uid: number, gid: number): void
  setAttribute(attribute: ExtendedAttribute): void
  removeAttribute(name: Uint8Array): void
  setMode(mode: number): void
  setTimes(mtimeNs: bigint): void
}

/**
 * Gives restored things their owner, then their attributes (changing the owner takes capabilities away, and a file without the right
 * to write takes no attributes), then their permissions (the owner's change took the set-user bit), then their times.
 *
 * Owner, permissions and times that cannot be set are told once for each kind, with the number of entries: without root it may be
 * all of them. Attributes are told for each entry: few have any, and what is lost with them differs.
 */
export class MetadataWriter {
  readonly #warnings: ItemWarnings
  readonly #failed = new Map<Kind, { count: number; readonly path: Uint8Array; readonly error: unknown }>()
  #isNativeTold = false

  constructor(warnings: ItemWarnings) {
    this.#warnings = warnings
  }

  /** @param path in the snapshot; asked only when something fails. */
  toFile(fd: number, what: MetadataToWrite, path: () => Uint8Array): void {
    this.#apply(what, path, {
      setOwner: (uid, gid) => fchownSync(fd, uid, gid),
      setAttribute: (attribute) => setAttribute(fd, attribute),
      removeAttribute: (name) => removeAttribute(fd, name),
      setMode: (mode) => fchmodSync(fd, mode),
      setTimes: (mtimeNs) => setFileTimes(fd, mtimeNs),
    })
  }

  /** @param wasThere what it has and the snapshot does not is taken away. */
  toFolder(folder: TargetFolder, what: MetadataToWrite & { readonly wasThere: boolean }, path: () => Uint8Array): void {
    if (what.wasThere) this.#attemptAttributes(path, () => removeSurplus(folder, what.attributes))
    this.#apply(what, path, {
      setOwner: (uid, gid) => folder.setOwnOwner(uid, gid),
      setAttribute: (attribute) => folder.setOwnAttribute(attribute),
      removeAttribute: (name) => folder.removeOwnAttribute(name),
      setMode: (mode) => folder.setOwnMode(mode),
      setTimes: (mtimeNs) => folder.setOwnTimes(mtimeNs),
    })
  }

  /** One that keeps all its other metadata. */
  timeOfFolder(folder: TargetFolder, { mtimeNs }: EntryMetadata, path: () => Uint8Array): void {
    this.#attempt('times', path, () => folder.setOwnTimes(mtimeNs))
  }

  /**
   * A symlink, FIFO, socket or device that was made a moment ago, never followed. Nothing but its time goes to what may have its name by
   * now, where the system can tell that (Linux).
   * @throws EngineError `restore.unsafe-path`
   */
  toMade(folder: TargetFolder, name: Uint8Array, what: MetadataToWrite, path: () => Uint8Array): void {
    const { type } = what.entry
    // A symlink has no permissions of its own on Linux, and no ACL.
    const isSymlink = type === 'symlink'
    const held = folder.holdMade(name, type)
    const made = held ?? byName(folder, name)
    try {
      this.#apply(isSymlink ? { ...what, inheritsAcl: false } : what, path, {
        setOwner: (uid, gid) => made.setOwner(uid, gid),
        setAttribute: (attribute) => made.setAttribute(attribute),
        removeAttribute: (attributeName) => made.removeAttribute(attributeName),
        setMode: (mode) => (isSymlink ? undefined : made.setMode(mode)),
        setTimes: (mtimeNs) => folder.setTimes(name, mtimeNs),
      })
    } finally {
      held?.close()
    }
  }

  /** Tells what was not set. */
  report(): void {
    for (const [kind, { count, path, error }] of this.#failed) {
      const others = count === 1 ? '' : ` (this and ${count - 1} other entries)`
      this.#warnings.add(
        path,
        new EngineError('restore.entry-failed', `${messages[kind]}${others}.`, {
          context: { entries: count, system: systemCodeOf(error) },
          cause: error,
        }),
      )
    }
  }

  #apply(what: MetadataToWrite, path: () => Uint8Array, to: Settable): void {
    const { entry } = what
    const isOwned = this.#attempt('owner', path, () => to.setOwner(entry.owner.uid, entry.owner.gid))
    if (what.attributes.length > 0 || what.inheritsAcl) this.#applyAttributes(what, path, to)
    // Whoever owns it now is not whom these bits would lend their rights to.
    this.#attempt('mode', path, () => to.setMode(isOwned ? entry.mode : entry.mode & ~setIdBits))
    this.#attempt('times', path, () => to.setTimes(entry.mtimeNs))
  }

  #applyAttributes({ entry, attributes, inheritsAcl }: MetadataToWrite, path: () => Uint8Array, to: Settable): void {
    if (nativeProblem() !== null) return this.tellNative(path)
    const inherited = inheritsAcl ? aclNames(entry.type).filter((name) => !attributes.some((each) => equalBytes(each.name, name))) : []
    this.#attemptAttributes(path, () => {
      for (const name of inherited) to.removeAttribute(name)
    })
    const failed: { readonly name: Uint8Array; readonly error: unknown }[] = []
    for (const attribute of attributes) {
      try {
        to.setAttribute(attribute)
      } catch (error) {
        if (systemCodeOf(error) === null) throw error
        failed.push({ name: attribute.name, error })
      }
    }
    if (failed.length > 0) this.#warnings.add(path(), notSet(failed))
  }

  #attemptAttributes(path: () => Uint8Array, work: () => void): void {
    try {
      work()
    } catch (error) {
      if (systemCodeOf(error) === null && !(error instanceof EngineError)) throw error
      this.#warnings.add(
        path(),
        new EngineError('restore.entry-failed', 'An extended attribute or ACL that it did not have could not be taken away.', {
          cause: error,
        }),
      )
    }
  }

  /** Attributes stay what they are here. */
  tellNative(path: () => Uint8Array): void {
    if (this.#isNativeTold) return
    this.#isNativeTold = true
    const message =
      'Extended attributes and ACLs are not restored, of this and all other entries: the native part of the agent does not load.'
    this.#warnings.add(path(), new EngineError('restore.entry-failed', message, { cause: nativeProblem() }))
  }

  /** It has another owner, and stays as it is. */
  tellOwner(path: () => Uint8Array): void {
    this.#count('owner', path, null)
  }

  #count(kind: Kind, path: () => Uint8Array, error: unknown): void {
    const failed = this.#failed.get(kind) ?? { count: 0, path: path(), error }
    failed.count++
    this.#failed.set(kind, failed)
  }

  #attempt(kind: Kind, path: () => Uint8Array, set: () => void): boolean {
    try {
      set()
      return true
    } catch (error) {
      const fatal = fatalError(error)
      if (fatal !== null) throw fatal
      if (systemCodeOf(error) === null) throw error
      this.#count(kind, path, error)
      return false
    }
  }
}

const byName = (folder: TargetFolder, name: Uint8Array): Omit<Settable, 'setTimes'> => ({
  setOwner: (uid, gid) => folder.setOwner(name, uid, gid),
  setAttribute: (attribute) => folder.setAttribute(name, attribute),
  removeAttribute: (attributeName) => folder.removeAttribute(name, attributeName),
  setMode: (mode) => folder.setMode(name, mode),
})

function removeSurplus(folder: TargetFolder, attributes: Attributes): void {
  for (const { name } of folder.attributes())
    if (isOwners(name) && !attributes.some((each) => equalBytes(each.name, name))) folder.removeOwnAttribute(name)
}

/** No disk is full for this: ext4 answers ENOSPC where the attributes of one inode take too much. */
function notSet(failed: readonly { readonly name: Uint8Array; readonly error: unknown }[]): EngineError {
  const [{ name, error }] = failed as [(typeof failed)[number]]
  const others = failed.length === 1 ? '' : ` and ${failed.length - 1} more`
  const code = systemCodeOf(error)
  const isUnknown = code === 'EOPNOTSUPP' || code === 'ENOTSUP'
  const reason = isUnknown ? 'the file system of the target does not hold it' : `the system says ${code}`
  return new EngineError(
    'restore.entry-failed',
    `The extended attribute ${Buffer.from(name).toString()}${others} could not be set: ${reason}. All else of it is restored.`,
    { context: { attributes: failed.length, system: code }, cause: error },
  )
}
