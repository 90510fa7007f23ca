import { patternsInSource } from './absolute-pattern.ts'
import { ExclusionRules, type Verdict } from './exclusion-rules.ts'
import { patternText } from './pattern-text.ts'

/** What a backup leaves out of its sources, besides the places that are never kept. */
export interface Exclusions {
  /** Lines of gitignore, raw bytes; the top they speak of is each source. */
  readonly patterns: readonly Uint8Array[]
  /** Patterns from the root of the file system on: each begins with a slash. They come before `patterns`, which may take back. */
  readonly absolutePatterns: readonly Uint8Array[]
  /** Of a folder with a valid CACHEDIR.TAG only the tag is kept, so that a restored cache is known as one. */
  readonly cacheContents: boolean
  /** Folders on another file system than their source are kept empty. */
  readonly otherFileSystems: boolean
}

/** The rules that hold inside one source; the source itself was asked for by name and is kept whatever they say. */
export class SourceScope {
  /** Contents of folders with a CACHEDIR.TAG stay out. */
  readonly leavesCaches: boolean
  readonly #rules: ExclusionRules | null
  readonly #device: bigint | null

  private constructor(rules: ExclusionRules | null, device: bigint | null, leavesCaches: boolean) {
    this.#rules = rules
    this.#device = device
    this.leavesCaches = leavesCaches
  }

  /** @param path its components. @param device of the source, asked for only where it matters. Null where nothing is left out. */
  static of(exclusions: Exclusions, path: readonly Uint8Array[], device: () => bigint): SourceScope | null {
    const components = path.map(patternText)
    const absolute = exclusions.absolutePatterns.flatMap((pattern) => patternsInSource(patternText(pattern), components))
    const rules = ExclusionRules.of([...absolute.map((pattern) => Buffer.from(pattern, 'latin1')), ...exclusions.patterns])
    if (rules === null && !exclusions.cacheContents && !exclusions.otherFileSystems) return null
    return new SourceScope(rules, exclusions.otherFileSystems ? device() : null, exclusions.cacheContents)
  }

  /** @param folder path in the source, as {@link ExclusionRules.verdictOf} takes it. */
  verdictOf(folder: string, name: Uint8Array): Verdict {
    return this.#rules === null ? 'keep' : this.#rules.verdictOf(folder, patternText(name))
  }

  isElsewhere(device: bigint): boolean {
    return this.#device !== null && this.#device !== device
  }
}
