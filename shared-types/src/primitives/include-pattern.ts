import { z } from 'zod'

const mostLetters = 4096

/**
 * What is wrong with a pattern for what is wanted of a snapshot, or null. Only what shows without compiling it: whether its braces come
 * to too many the engine says (`IncludeGlobs`).
 */
export function includePatternProblem(pattern: string): string | null {
  if (pattern.length > mostLetters) return 'it is longer than 4,096 letters'
  // `/` alone is everything; more slashes, or none, name nothing.
  return pattern !== '/' && pattern.replaceAll('/', '') === '' ? 'it names nothing' : null
}

/** Such as `*.pdf`, `photos/*.jpg` or `/home/ada/**`. */
export const IncludePattern = z.string().superRefine((pattern, context) => {
  const problem = includePatternProblem(pattern)
  if (problem !== null) context.addIssue({ code: 'custom', message: `The pattern cannot be used: ${problem}.` })
})
