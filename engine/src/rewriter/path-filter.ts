import { equalBytes } from '../bytes/index.ts'
import type { TreeEntry } from '../format/index.ts'
import { patternText, SourceScope } from '../walker/exclusion/index.ts'
import type { EntryVerdict } from './rewrite-tree.ts'

export interface PathSelection {
  /** Components of absolute paths, none empty: what is there leaves, with all below it. */
  readonly paths: readonly (readonly Uint8Array[])[]
  /** Lines of gitignore, raw bytes; the top they speak of is each source. */
  readonly patterns: readonly Uint8Array[]
}

interface Source {
  readonly path: readonly Uint8Array[]
  readonly scope: SourceScope
}

/** Says of each entry of a snapshot whether it leaves. A source itself leaves only by its path: patterns speak of what is in it. */
export class PathFilter {
  readonly #paths: readonly (readonly Uint8Array[])[]
  readonly #sources: readonly Source[]

  /** @param sources components of the snapshot's sources */
  constructor({ paths, patterns }: PathSelection, sources: readonly (readonly Uint8Array[])[]) {
    this.#paths = paths
    const exclusions = { patterns, absolutePatterns: [], cacheContents: false, otherFileSystems: false }
    this.#sources = sources.flatMap((path) => {
      const scope = SourceScope.of(exclusions, path, () => 0n)
      return scope === null ? [] : [{ path, scope }]
    })
  }

  verdictOf = (entry: TreeEntry, path: readonly Uint8Array[]): EntryVerdict => {
    if (this.#paths.some((gone) => isSamePath(gone, path))) return 'drop'
    if (this.#sources.some((source) => isMatched(source, entry, path))) return 'drop'
    if (entry.type !== 'folder') return 'keep'
    const isAboveOne = this.#paths.some((gone) => isBelow(gone, path))
    return isAboveOne ||
      this.#sources.some((source) => isBelow(source.path, path) || isBelow(path, source.path) || isSamePath(path, source.path))
      ? 'look'
      : 'keep'
  }
}

function isMatched({ path: source, scope }: Source, entry: TreeEntry, path: readonly Uint8Array[]): boolean {
  const name = path.at(-1)
  if (name === undefined || !isBelow(path, source)) return false
  const folder = path.slice(source.length, -1).map((component) => `${patternText(component)}/`)
  const verdict = scope.verdictOf(folder.join(''), name)
  return verdict === 'exclude' || verdict === (isFolder(entry) ? 'exclude-folder' : 'exclude-other')
}

const isFolder = (entry: TreeEntry): boolean => entry.type === 'folder' || (entry.type === 'error' && entry.knownType === 'folder')

const isSamePath = (left: readonly Uint8Array[], right: readonly Uint8Array[]): boolean =>
  left.length === right.length && left.every((component, index) => equalBytes(component, right[index]!))

/** @param above may be the top. The path itself is not below itself. */
const isBelow = (path: readonly Uint8Array[], above: readonly Uint8Array[]): boolean =>
  path.length > above.length && above.every((component, index) => equalBytes(component, path[index]!))
