import type { FileIdentity } from './catalogue/index.ts'

/**
 * How long a file must have been left alone before its times are believed: 2 s is the coarsest clock of a file system in use
 * (FAT); on others it covers the tick and a small difference between the clocks of a file server and ours.
 */
const racyMs = 2000n
const nsPerMs = 1_000_000n

/**
 * Whether a later change of a file could leave its identity as it is now, so that it must be read next time whatever it says.
 *
 * A write sets both times to the file system's now, which moves in ticks. So a write after our look gives the same times only if
 * ctime lies in the tick of that look: a ctime that is 2 s old or older cannot come again (git's "racy" rule). One in the future is
 * no older: the clock that wrote it may still run through that time. mtime is looked at as well, for file systems whose ctime is
 * something else; there a time in the far future is harmless, since the next write moves it to now, and counting it as racy
 * would read such files for ever.
 *
 * @param lookedAtMs wall clock just before the look.
 */
export function isRacy(identity: FileIdentity, lookedAtMs: number): boolean {
  const lookedAtNs = BigInt(Math.floor(lookedAtMs)) * nsPerMs
  const windowNs = racyMs * nsPerMs
  const oldest = lookedAtNs - windowNs
  return identity.ctimeNs >= oldest || (identity.mtimeNs >= oldest && identity.mtimeNs <= lookedAtNs + windowNs)
}

/** Same file, same content, as far as one can know without reading. Mode and owner are not asked: they are kept anew each time. */
export function isSameState(left: FileIdentity, right: FileIdentity): boolean {
  return (
    left.size === right.size &&
    left.mtimeNs === right.mtimeNs &&
    left.ctimeNs === right.ctimeNs &&
    left.inode === right.inode &&
    left.device === right.device
  )
}
