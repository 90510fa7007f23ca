import { closeSync, lstatSync, opendirSync, openSync, type PathLike } from 'node:fs'

/** Sources of which at least the top can be read; a backup of none of them would be an empty one that looks like a good one. */
export const readableSources = (sources: readonly Buffer[]): readonly Buffer[] => sources.filter(isReadable)

function isReadable(path: PathLike): boolean {
  try {
    const stat = lstatSync(path)
    if (stat.isDirectory()) opendirSync(path).closeSync()
    else if (stat.isFile()) closeSync(openSync(path, 'r'))
    return true
  } catch {
    // Why not is told by the walk, path by path.
    return false
  }
}
