import ignore, { type Ignore } from 'ignore'
import { NameSieve, reaches } from './name-sieve.ts'
import { parsePatternLine, patternText, type PatternLine } from './pattern-text.ts'

/** What becomes of a name. The last two wait for a look at it: patterns with a slash at their end are for folders alone. */
export type Verdict = 'keep' | 'exclude' | 'exclude-folder' | 'exclude-other'

/** Answers kept by name, and paths asked for before the matcher's own memory is dropped: a few MB at most. */
const keptAnswers = 20_000

/**
 * Decides by patterns what is left out of a source: gitignore's rules, as `git check-ignore` answers them, with the source as the top.
 *
 * A path is asked for only after all folders above it were kept: what lies in an excluded folder cannot be taken back in, since that
 * folder is never opened. Bytes are compared with bytes, case matters, `?` and a bracket stand for one byte.
 */
export class ExclusionRules {
  readonly #sieve: NameSieve
  /** Patterns for names alone: one answer serves a name in all folders. */
  readonly #byName: Ignore
  readonly #verdicts = new Map<string, Verdict>()
  #byPath: Ignore
  #pathsAsked = 0
  /** Without a pattern for folders alone an answer holds for anything. */
  readonly #knowsFolders: boolean

  private constructor(lines: readonly PatternLine[]) {
    this.#knowsFolders = lines.some(({ isForFolders }) => isForFolders)
    this.#sieve = new NameSieve(lines)
    this.#byName = matcher().add(lines.filter(({ isForNames }) => isForNames).map(({ line }) => line))
    this.#byPath = matcher().add(lines.map(({ line }) => line))
  }

  /** Null where there is nothing to decide. @param patterns lines of gitignore: comments and empty ones are passed over. */
  static of(patterns: readonly Uint8Array[]): ExclusionRules | null {
    const lines = patterns.map((pattern) => parsePatternLine(patternText(pattern))).filter((line) => line !== null)
    return lines.length === 0 ? null : new ExclusionRules(lines)
  }

  /**
   * @param folder path of the folder in the source, with a slash at its end, empty for the source itself; as {@link patternText}.
   * @param name one component, likewise.
   */
  verdictOf(folder: string, name: string): Verdict {
    switch (this.#sieve.reachOf(name)) {
      case reaches.none:
        return 'keep'
      case reaches.name:
        return this.#verdictByName(name)
      case reaches.path:
        return this.#verdictByPath(folder + name)
    }
  }

  #verdictByName(name: string): Verdict {
    const known = this.#verdicts.get(name)
    if (known !== undefined) return known
    if (this.#verdicts.size >= keptAnswers) this.#verdicts.clear()
    const verdict = this.#ask(this.#byName, name)
    this.#verdicts.set(name, verdict)
    return verdict
  }

  #verdictByPath(path: string): Verdict {
    // The matcher remembers each path for ever; another one that takes over its compiled rules has forgotten them.
    if (++this.#pathsAsked % keptAnswers === 0) this.#byPath = matcher().add(this.#byPath)
    return this.#ask(this.#byPath, path)
  }

  #ask(rules: Ignore, path: string): Verdict {
    const other = rules.test(path).ignored
    const folder = this.#knowsFolders ? rules.test(`${path}/`).ignored : other
    if (other === folder) return other ? 'exclude' : 'keep'
    return folder ? 'exclude-folder' : 'exclude-other'
  }
}

const matcher = (): Ignore => ignore({ ignoreCase: false })
