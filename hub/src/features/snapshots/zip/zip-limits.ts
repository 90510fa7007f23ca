import { AppError } from '@holdfast/shared-types'
import type { SubtreeCounts, TreeEntry } from '@holdfast/engine/format'

export interface ZipLimits {
  /** Each is kept until the directory at the end: 63 MB of memory a million (`zip-writer`). */
  readonly entries: number
  /** Folders within one another. Each that is open holds a page of its list, some 300 KB; few systems unpack paths this long at all. */
  readonly depth: number
}

/** Files and folders of what is downloaded, as the lists say before it begins. */
const mostListed = 1_000_000

/**
 * What the walk itself counts is allowed twice as much as what lists say: they do not count symbolic links, and a download that was allowed
 * should not break in its middle for those. More is a tree that is not what its lists say.
 */
export const zipLimits: ZipLimits = { entries: 2 * mostListed, depth: 500 }

/**
 * Said before a download begins, by what the lists say of themselves; the walk counts for itself.
 * @param chosen what the zip has at its top @throws AppError `snapshot.zip-too-large`
 */
export function requireZippable(chosen: readonly (ListedCounts | TreeEntry)[]): void {
  const entries = chosen.reduce((sum, one) => sum + entriesOf(one), 0)
  if (entries > mostListed) throw tooLarge(entries)
}

type ListedCounts = Pick<SubtreeCounts, 'files' | 'folders'>

/** A folder does not count itself. */
function entriesOf(one: ListedCounts | TreeEntry): number {
  if (!('type' in one)) return one.files + one.folders
  return one.type === 'folder' ? 1 + one.subtree.files + one.subtree.folders : 1
}

export const tooLarge = (entries: number): AppError =>
  new AppError('snapshot.zip-too-large', {
    message: `There are more files and folders in it than the ${mostListed.toLocaleString('en')} that the hub packs into one zip.`,
    context: { entries },
  })
