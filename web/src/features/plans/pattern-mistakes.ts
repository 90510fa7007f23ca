import { findPatternProblem, type PatternProblem } from '@holdfast/shared-types/pattern-problem'
import type { MessageKey, NamedValues } from '../../platform/i18n/text.ts'

export interface PatternMistake {
  /** Counted from 1, as editors do. */
  readonly line: number
  readonly pattern: string
  readonly problem: PatternProblem | { readonly code: 'long' }
}

// The contract's most.
const mostLetters = 4096

/** Lines that could exclude nothing, as the hub finds them; empty ones say nothing and are passed over. */
export const patternMistakes = (text: string): PatternMistake[] =>
  text.split(/\r?\n/).flatMap((pattern, index) => {
    if (pattern.trim() === '') return []
    const problem = pattern.length > mostLetters ? { code: 'long' as const } : findPatternProblem(pattern)
    return problem === null ? [] : [{ line: index + 1, pattern, problem }]
  })

export const problemText = (problem: PatternMistake['problem'], t: (key: MessageKey, named?: NamedValues) => string): string =>
  t(`plans.patternProblem.${problem.code}`, {
    ...('meant' in problem ? { meant: problem.meant } : {}),
    ...('name' in problem ? { name: problem.name } : {}),
  })

export type PatternMeaning = 'anywhere' | 'top' | 'folders' | 'takes-back' | 'top-folders'

/** What kind of line it is, for who writes the first one. */
export function patternMeaning(pattern: string): PatternMeaning {
  if (pattern.startsWith('!')) return 'takes-back'
  const body = pattern.replace(/ +$/, '')
  const foldersOnly = body.endsWith('/')
  const isTop = body.replace(/\/$/, '').includes('/')
  if (isTop) return foldersOnly ? 'top-folders' : 'top'
  return foldersOnly ? 'folders' : 'anywhere'
}
