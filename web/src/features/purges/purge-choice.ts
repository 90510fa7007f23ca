import type { AgentId, WirePath } from '@holdfast/shared-types'
import { findPatternProblem, type PatternProblem } from '@holdfast/shared-types/pattern-problem'

/** What leaves all snapshots, of these devices or of all. */
export interface PurgeChoice {
  readonly agentIds: readonly AgentId[] | null
  readonly paths: readonly WirePath[]
  readonly patterns: readonly string[]
}

/** The same as somebody types it: a line each. No device: all of them. */
export interface PurgeDraft {
  readonly paths: string
  readonly patterns: string
  readonly agentIds: readonly AgentId[]
}

export const emptyDraft: PurgeDraft = { paths: '', patterns: '', agentIds: [] }

/** `line`: counted from 1, as editors do. */
export type PurgeMistake =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'many' }
  | { readonly kind: 'relative' | 'everything'; readonly line: number }
  | { readonly kind: 'pattern'; readonly line: number; readonly problem: PatternProblem }
  | { readonly kind: 'long'; readonly line: number }

// The contract's most.
const mostLines = 1000
const mostPathLetters = 32_768
const mostPatternLetters = 4096

const linesOf = (text: string): { readonly line: number; readonly text: string }[] =>
  text.split(/\r?\n/).flatMap((line, index) => (line.trim() === '' ? [] : [{ line: index + 1, text: line }]))

const isAbsolute = (path: string): boolean => /^(?:\/|[A-Za-z]:[/\\]|\\\\)/.test(path)
/** All that a device has: that is no purge of a path. */
const isEverything = (path: string): boolean => /^(?:[/.]+|[A-Za-z]:[/\\]*)$/.test(path) && isAbsolute(`${path}/`)

function pathMistake({ line, text }: { readonly line: number; readonly text: string }): PurgeMistake[] {
  const path = text.trim()
  if (path.length > mostPathLetters) return [{ kind: 'long', line }]
  if (isEverything(path)) return [{ kind: 'everything', line }]
  return isAbsolute(path) ? [] : [{ kind: 'relative', line }]
}

function patternMistake({ line, text }: { readonly line: number; readonly text: string }): PurgeMistake[] {
  if (text.length > mostPatternLetters) return [{ kind: 'long', line }]
  const problem = findPatternProblem(text)
  return problem === null ? [] : [{ kind: 'pattern', line, problem }]
}

/** What the hub would refuse, or what nobody means. */
export function purgeMistakes({ paths, patterns }: PurgeDraft): { readonly paths: PurgeMistake[]; readonly patterns: PurgeMistake[] } {
  const [pathLines, patternLines] = [linesOf(paths), linesOf(patterns)]
  if (pathLines.length + patternLines.length === 0) return { paths: [{ kind: 'nothing' }], patterns: [] }
  return {
    paths: pathLines.length > mostLines ? [{ kind: 'many' }] : pathLines.flatMap(pathMistake),
    patterns: patternLines.length > mostLines ? [{ kind: 'many' }] : patternLines.flatMap(patternMistake),
  }
}

export const choiceOf = ({ paths, patterns, agentIds }: PurgeDraft): PurgeChoice => ({
  agentIds: agentIds.length === 0 ? null : agentIds,
  paths: linesOf(paths).map(({ text }) => ({ path: text.trim() })),
  // Spaces at the end of a pattern may be quoted.
  patterns: linesOf(patterns).map(({ text }) => text),
})
