import { EngineError, isEngineError } from '../errors/index.ts'
import { closeDescriptor, readFolder, readMetadata, type FileMetadata, type OpenFile } from '../source/index.ts'

/** A name that a folder had listed, and that was not there when it was looked at or opened. */
export interface MissingName {
  readonly name: Buffer
  /** It was looked at, and was gone when it was to be read. */
  readonly wasSeen: boolean
}

export interface FolderLookedAtAgain {
  /** A path that the system takes for it, with a slash at the end. */
  readonly access: Buffer
  /** What the first look at it has shown; null for `/`. */
  readonly metadata: FileMetadata | null
  readonly missing: readonly MissingName[]
  readonly look: (name: Buffer) => FileMetadata
  readonly open: (name: Buffer) => OpenFile
}

export type WhyMissing =
  /** Each was deleted, or is there again: nothing to tell. */
  | { readonly kind: 'names'; readonly problems: readonly { readonly name: Buffer; readonly error: EngineError }[] }
  /** The folder itself is gone. */
  | { readonly kind: 'gone' }
  /** It is not the folder any more that was listed, or cannot be asked. */
  | { readonly kind: 'folder'; readonly error: EngineError }

/** Names like those of lock files come and go all the time: one of them may be listed and gone twice, hardly three times in a row. */
const looks = 2

/**
 * Why names of a folder were not found: deleting files while a backup runs is nobody's fault, but a disk that was taken away, and
 * names that are listed and never found, would look the same. Asked at most once a folder, when the walk is through with it.
 */
export function whyMissing(folder: FolderLookedAtAgain): WhyMissing {
  try {
    const exchanged = folder.metadata !== null && !isSameFolder(folder.metadata, readMetadata(folder.access))
    if (exchanged) return { kind: 'folder', error: takenAway() }
    return { kind: 'names', problems: stillMissing(folder) }
  } catch (error) {
    if (isEngineError(error, 'source.not-found')) return { kind: 'gone' }
    if (isEngineError(error)) return { kind: 'folder', error }
    throw error
  }
}

function stillMissing(folder: FolderLookedAtAgain): { name: Buffer; error: EngineError }[] {
  let left = new Map(folder.missing.map((missing) => [keyOf(missing.name), { ...missing, error: neverFound() }]))
  for (let round = 0; round < looks && left.size > 0; round++) {
    const listed = readFolder(folder.access).flatMap((name) => left.get(keyOf(name)) ?? [])
    left = new Map(
      listed.flatMap((missing) => {
        const error = problemOf(folder, missing)
        return error === null ? [] : [[keyOf(missing.name), { ...missing, error }]]
      }),
    )
  }
  return [...left.values()].map(({ name, error }) => ({ name, error }))
}

/** Null when it is there. */
function problemOf({ look, open }: FolderLookedAtAgain, { name, wasSeen }: MissingName): EngineError | null {
  try {
    if (wasSeen) closeDescriptor(open(name).fd)
    else look(name)
    return null
  } catch (error) {
    if (!isEngineError(error)) throw error
    if (error.code === 'source.not-found') return neverFound()
    // Something else has its name now, as with a lock that is a file here and a socket there.
    return wasSeen && error.code === 'source.changed' ? null : error
  }
}

const isSameFolder = (left: FileMetadata, right: FileMetadata): boolean => left.device === right.device && left.inode === right.inode

const keyOf = (name: Buffer): string => name.toString('latin1')

const takenAway = (): EngineError =>
  new EngineError(
    'source.changed',
    'The folder was exchanged for another one while it was backed up, or its disk was taken away: what the backup had not come to is not in it. Check the mount, and back up again.',
  )

const neverFound = (): EngineError =>
  new EngineError(
    'source.io-error',
    'Its folder lists it, and it is not there when it is asked for, however often: it is not in this backup. Check the disk or the mount; some network shares list names that they cannot open, like those with a dot or a space at the end.',
  )

/** Of a source, which was asked for by name. */
export const sourceTakenAway = (): EngineError =>
  new EngineError(
    'source.not-found',
    'The source went away while it was backed up: what the backup had not come to is not in it. Check the disk or the mount, and back up again.',
  )
