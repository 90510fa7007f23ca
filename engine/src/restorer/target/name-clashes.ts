import { isAscii, isUtf8 } from 'node:buffer'
import { EngineError } from '../../errors/index.ts'
import { closeDescriptor, type TargetFolder } from '../../source/index.ts'
import type { FolderHandles, RestoredFolder } from './restored-folder.ts'
import { isSameInode } from './same-entry.ts'
import { systemCodeOf } from './system-errors.ts'
import type { TemporaryNames } from './temporary-names.ts'

/** Names longer than this do not fit behind the beginning of a temporary one. */
const longestProbeBytes = 160
const unfinishedMode = 0o600

export interface NameClashesPorts {
  readonly handles: FolderHandles
  readonly names: TemporaryNames
}

/**
 * Finds entries of one folder whose names the target's file system takes for one (`A.txt` and `a.txt` on vfat, exFAT, APFS or an ext4
 * folder that ignores case; `é` as one character and as two): the second would silently take the place of the first.
 *
 * A folder of our own making is as the one it was made in, so that below the topmost of them nothing is asked of the system, and
 * nothing remembered unless names fold. In folders that were there names are remembered, and the system is asked only when two of them
 * look alike, since asking means to make a file there for a moment.
 */
export class NameClashes {
  readonly #ports: NameClashesPorts
  readonly #folding = new WeakMap<RestoredFolder, boolean>()
  readonly #taken = new WeakMap<RestoredFolder, Map<string, Uint8Array[]>>()

  constructor(ports: NameClashesPorts) {
    this.#ports = ports
  }

  /** Takes a name for an entry of the snapshot. @throws EngineError if an entry before it has what is the same name here. */
  claim(folder: RestoredFolder, name: Uint8Array): void {
    if (folder.isNew && !this.#isFolding(folder)) return
    const taken = this.#taken.get(folder) ?? new Map<string, Uint8Array[]>()
    this.#taken.set(folder, taken)
    const key = foldedName(name)
    const alike = taken.get(key)
    if (alike === undefined) taken.set(key, [name])
    else if (alike.some((each) => this.#isOneName(folder, each, name))) throw namesFold()
    else alike.push(name)
  }

  #isFolding(folder: RestoredFolder): boolean {
    const known = this.#folding.get(folder)
    if (known !== undefined) return known
    const { parent } = folder
    const isFolding = parent === null ? this.#probe(folder) : this.#isFoldingBelow(parent, folder)
    this.#folding.set(folder, isFolding)
    return isFolding
  }

  #isFoldingBelow(parent: RestoredFolder, folder: RestoredFolder): boolean {
    if (parent.isNew) return this.#isFolding(parent)
    const isFolding = this.#folding.get(parent) ?? this.#probe(folder)
    this.#folding.set(parent, isFolding)
    return isFolding
  }

  #isOneName(folder: RestoredFolder, first: Uint8Array, second: Uint8Array): boolean {
    const handle = this.#ports.handles.of(folder)
    const [one, other] = [handle.lookAt(first), handle.lookAt(second)]
    if (one !== null && other !== null && !isSameInode(one, other)) return false
    const isShort = Math.max(first.length, second.length) <= longestProbeBytes
    return isShort ? this.#isFoundAs(handle, first, second) : this.#probe(folder)
  }

  #probe(folder: RestoredFolder): boolean {
    const handle = this.#ports.handles.of(folder)
    return probes.some(([made, lookedFor]) => this.#isFoundAs(handle, Buffer.from(made), Buffer.from(lookedFor)))
  }

  #isFoundAs(handle: TargetFolder, made: Uint8Array, lookedFor: Uint8Array): boolean {
    const { names } = this.#ports
    try {
      closeDescriptor(handle.createFile(names.probe(made), unfinishedMode))
      try {
        return handle.lookAt(names.probe(lookedFor)) !== null
      } finally {
        handle.remove(names.probe(made))
      }
    } catch (error) {
      if (systemCodeOf(error) === null) throw error
      // Nothing can be made here, or not under such a name: what is restored here tells that itself.
      return false
    }
  }
}

const probes = [
  ['a', 'A'],
  ['\u00e9', 'e\u0301'],
] as const

/** The same for all names that any file system might take for one; whether this one does is asked of it. */
export function foldedName(name: Uint8Array): string {
  const bytes = Buffer.from(name.buffer, name.byteOffset, name.byteLength)
  const text = bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')
  const folded = isAscii(bytes)
    ? text.toLowerCase()
    : text
        .normalize('NFD')
        .toUpperCase()
        .toLowerCase()
        .normalize('NFD')
        .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
  // vfat takes dots and spaces at the end away.
  return folded.replace(/[. ]+$/, '')
}

const namesFold = (): EngineError =>
  new EngineError(
    'restore.entry-failed',
    'The file system of the target takes its name for that of another entry beside it (capital and small letters, or ways to write an accent, are one to it), so only the first of them was restored. Restore this one alone into another folder, or choose another target.',
  )
