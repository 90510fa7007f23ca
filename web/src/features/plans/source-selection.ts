import { belowFolder, isSamePath, separatorOf, type HostPath } from '../hosts/index.ts'
import { literalPattern, readLiteral, type LiteralPattern } from './literal-pattern.ts'

/*
 * What choosing in a tree means.
 *
 * A chosen folder is a source: it covers all below it, also what comes to be there tomorrow. So what is unchecked in it does not turn
 * it into a list of the rest, which would miss tomorrow's: it is left out by a line of the rules, `/name/`, which begins at the top of
 * a source. Such a line holds for every source alike, and the tree shows it so.
 */

export interface Selection {
  readonly sources: readonly HostPath[]
  /** Lines, in their order. */
  readonly patterns: readonly string[]
}

/**
 * `chosen`: a source. `covered`: in one. `left-out`: in one, and a line of its own leaves it out. `below-left-out`: in a folder that
 * one leaves out. `around`: a source lies somewhere below. `none`: nothing of it is saved.
 */
export type Choice = 'chosen' | 'covered' | 'left-out' | 'below-left-out' | 'around' | 'none'

export interface Chosen {
  readonly choice: Choice
  /** Of what is chosen or covered: a line leaves out something below. */
  readonly isPart: boolean
}

const slashed = (below: string, path: HostPath): string => (separatorOf(path.bytes) === '\\' ? below.replaceAll('\\', '/') : below)

const literalsOf = (patterns: readonly string[]): LiteralPattern[] => patterns.flatMap((line) => readLiteral(line) ?? [])

/** The last line that names a place decides about it. */
const isLeftOut = (literals: readonly LiteralPattern[], below: string, isFolder: boolean): boolean => {
  const last = literals.findLast((literal) => literal.below === below && (isFolder || !literal.foldersOnly))
  return last !== undefined && !last.isTakenBack
}

function leftOutAt(literals: readonly LiteralPattern[], below: string, isFolder: boolean): 'left-out' | 'below-left-out' | null {
  const names = below.split('/')
  for (let depth = 1; depth < names.length; depth += 1)
    if (isLeftOut(literals, names.slice(0, depth).join('/'), true)) return 'below-left-out'
  return isLeftOut(literals, below, isFolder) ? 'left-out' : null
}

/** What becomes of a place, as far as sources and lines that name places say it; what wildcards and presets leave out is found by counting. */
export function choiceOf({ sources, patterns }: Selection, path: HostPath, isFolder: boolean): Chosen {
  const literals = literalsOf(patterns)
  if (sources.some((source) => isSamePath(source, path))) return { choice: 'chosen', isPart: hasLeftOutBelow(literals, '') }
  const covers = sources.flatMap((source) => {
    const below = belowFolder(path.bytes, source.bytes)
    return below === null ? [] : [slashed(below, path)]
  })
  if (covers.length > 0) {
    // Kept by one source is kept.
    const kept = covers.find((below) => leftOutAt(literals, below, isFolder) === null)
    if (kept !== undefined) return { choice: 'covered', isPart: isFolder && hasLeftOutBelow(literals, `${kept}/`) }
    return { choice: leftOutAt(literals, covers[0] ?? '', isFolder) ?? 'covered', isPart: false }
  }
  const isAround = isFolder && sources.some((source) => belowFolder(source.bytes, path.bytes) !== null)
  return { choice: isAround ? 'around' : 'none', isPart: false }
}

const hasLeftOutBelow = (literals: readonly LiteralPattern[], start: string): boolean =>
  literals.some(({ below, isTakenBack, foldersOnly }) => !isTakenBack && below.startsWith(start) && isLeftOut(literals, below, foldersOnly))

/** Why a press changes nothing: no line can name it, or the folder above it is left out as a whole. */
export type Refusal = 'not-text' | 'above-left-out'

export function toggle(selection: Selection, path: HostPath, isFolder: boolean): Selection | Refusal {
  const { sources, patterns } = selection
  const { choice } = choiceOf(selection, path, isFolder)
  if (choice === 'chosen') return { sources: sources.filter((source) => !isSamePath(source, path)), patterns }
  if (choice === 'none' || choice === 'around') return withSource(selection, path)
  if (choice === 'below-left-out') return 'above-left-out'
  const covers = sources.flatMap((source) => belowFolder(path.bytes, source.bytes) ?? [])
  if (choice === 'left-out') {
    const places = covers.map((below) => slashed(below, path))
    return { sources, patterns: patterns.filter((line) => !names(line, places)) }
  }
  // From the outermost source: in the same place of it.
  const below = covers.toSorted((a, b) => b.length - a.length)[0] ?? ''
  const line = literalPattern(below, separatorOf(path.bytes), isFolder)
  return line === null ? 'not-text' : { sources, patterns: [...patterns, line] }
}

const names = (line: string, places: readonly string[]): boolean => {
  const literal = readLiteral(line)
  return literal !== null && !literal.isTakenBack && places.includes(literal.below)
}

/** A source more; those that lie in it are covered by it from now on. */
export function withSource({ sources, patterns }: Selection, path: HostPath): Selection {
  const others = sources.filter((source) => !isSamePath(source, path) && belowFolder(source.bytes, path.bytes) === null)
  return { sources: [...others, path], patterns }
}

/** Lines that name places, where there is more than one source: what they leave out in one they leave out in all. */
export const sharedLines = ({ sources, patterns }: Selection): readonly string[] =>
  sources.length < 2 ? [] : patterns.filter((line) => readLiteral(line)?.isTakenBack === false)
