import { Minimatch } from 'minimatch'
import { decodeUtf8Lossy } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'

const longestPattern = 4096
const mostPatterns = 1000
/** What one pattern's braces may come to: `{1..1000000}` would be a million patterns. */
const mostBraces = 1000

/**
 * Patterns for what of a snapshot is wanted, as minimatch knows them: `*` and `?` within a name, `**` over any number of folders,
 * `[ab]`, `{a,b}`. Names that begin with a dot are like all others, case counts, and `!`, `#`, `+(`, `@(` mean themselves, for names are
 * like `photo+(1).jpg`.
 *
 * A pattern that begins with `/` is matched against the whole path in the snapshot, any other against the end of it at any depth:
 * `*.pdf` is every PDF, `photos/*.jpg` what lies straight in a folder `photos` anywhere. A folder that matches brings all below it.
 * A name that is not UTF-8 is matched as text with U+FFFD for every byte that is none, which `?` and `*` take.
 */
export class IncludeGlobs {
  readonly #globs: readonly Minimatch[]

  /** @throws EngineError `restore.pattern-invalid` for a pattern that cannot match anything. */
  constructor(patterns: readonly string[]) {
    if (patterns.length > mostPatterns) throw unusable('There are more patterns than a restore takes (1,000).')
    this.#globs = patterns.map(compile)
  }

  /** The top of the snapshot, of which nothing is decided yet. */
  get top(): GlobPart {
    return new GlobPart(this.#globs, '')
  }
}

/** A folder in which something may match; itself it does not. */
export class GlobPart {
  readonly #globs: readonly Minimatch[]
  readonly #path: string

  constructor(globs: readonly Minimatch[], path: string) {
    this.#globs = globs
    this.#path = path
  }

  /** `matched` brings the entry and all below it; null: neither it nor anything below it is wanted. */
  child(name: Uint8Array): GlobPart | 'matched' | null {
    const path = `${this.#path}/${decodeUtf8Lossy(name)}`
    if (this.#globs.some((glob) => glob.match(path))) return 'matched'
    // Of patterns that can lead below here only those are asked further down.
    const left = this.#globs.filter((glob) => glob.match(path, true))
    return left.length === 0 ? null : new GlobPart(left, path)
  }
}

function compile(pattern: string): Minimatch {
  if (pattern.length > longestPattern) throw unusable('A pattern is longer than any path.')
  const trimmed = pattern.replace(/\/+$/, '')
  if (trimmed.replaceAll('/', '') === '' && pattern !== '/') throw unusable('A pattern is empty.')
  const anchored = trimmed.startsWith('/') || pattern === '/' ? trimmed : `/**/${trimmed}`
  const glob = new Minimatch(anchored === '' ? '/**' : anchored, {
    dot: true,
    nocomment: true,
    nonegate: true,
    noext: true,
    braceExpandMax: mostBraces,
    platform: 'linux',
  })
  if (glob.set.length === 0) throw unusable('A pattern cannot be understood.')
  // At the limit some of what it means is left out already.
  if (glob.set.length >= mostBraces) throw unusable('The braces of a pattern come to too many.')
  return glob
}

const unusable = (problem: string): EngineError =>
  new EngineError('restore.pattern-invalid', `${problem} Patterns are like *.pdf, photos/*.jpg or /home/ada/**.`)
