import { z } from 'zod'
import { findPatternProblem, type PatternProblem } from './pattern-problem.ts'

/** What is wrong with a line that should exclude something, in words; null where nothing is. */
export function exclusionPatternProblem(pattern: string): string | null {
  const problem = findPatternProblem(pattern)
  return problem === null ? null : wordsOf(problem)
}

const words = {
  lines: 'it has more than one line',
  comment: 'it is a comment; write \\# for a name that begins with #',
  nothing: 'it names nothing',
  backslash: 'it ends with a backslash that quotes nothing',
  parent: 'no path has “..” in it; patterns begin at the source and stay in it',
  bracket: 'a bracket is opened and never closed; write \\[ for the letter',
} as const

function wordsOf(problem: PatternProblem): string {
  if (problem.code === 'class') return `[:${problem.name}:] is no class of letters`
  if (problem.code !== 'dots' && problem.code !== 'dots-one') return words[problem.code]
  const { meant } = problem
  return `no path has “.” or nothing between its slashes; write ${problem.code === 'dots' ? meant : `${meant}, or /${meant} for the top of the source alone`}`
}

/** One line of gitignore, which speaks of each source as its top. Neither a comment nor empty. */
export const ExclusionPattern = z
  .string()
  .min(1)
  .max(4096)
  .superRefine((pattern, context) => {
    const problem = exclusionPatternProblem(pattern)
    if (problem !== null) context.addIssue({ code: 'custom', message: `The pattern cannot be used: ${problem}.` })
  })
export type ExclusionPattern = z.infer<typeof ExclusionPattern>
