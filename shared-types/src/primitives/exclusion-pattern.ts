import { z } from 'zod'

/**
 * What is wrong with a line that should exclude something, or null. Git passes over such a line in silence; here a person asked for
 * it, so that an exclusion that can never exclude anything is a mistake to be told.
 */
export function exclusionPatternProblem(pattern: string): string | null {
  if (/[\n\0]/.test(pattern)) return 'it has more than one line'
  if (pattern.startsWith('#')) return 'it is a comment; write \\# for a name that begins with #'
  const body = pattern.replace(/^!/, '').replace(/ +$/, '')
  if (body === '' || body === '/') return 'it names nothing'
  if (/\\*$/.exec(body)![0].length % 2 === 1 && body === pattern.replace(/^!/, '')) return 'it ends with a backslash that quotes nothing'
  return componentProblem(body) ?? bracketProblem(body)
}

/** Git compares with paths as `ls` of a folder gives them: what no such path has can match nothing, and does so in silence. */
function componentProblem(body: string): string | null {
  const components = body.replace(/^\//, '').replace(/\/$/, '').split('/')
  const plain = components.filter((component) => component !== '' && component !== '.')
  if (plain.includes('..')) return 'no path has “..” in it; patterns begin at the source and stay in it'
  if (plain.length === components.length) return null
  if (plain.length === 0) return 'it names nothing'
  const meant = `${plain.join('/')}${body.endsWith('/') ? '/' : ''}`
  // A slash that is left over anchored the pattern to its source; a name alone would be met everywhere.
  return `no path has “.” or nothing between its slashes; write ${plain.length === 1 && body.includes('/') ? `${meant}, or /${meant} for the top of the source alone` : meant}`
}

const classNames = new Set(['alnum', 'alpha', 'blank', 'cntrl', 'digit', 'graph', 'lower', 'print', 'punct', 'space', 'upper', 'xdigit'])

function bracketProblem(body: string): string | null {
  for (let at = 0; at < body.length; at++) {
    if (body[at] === '\\') at++
    else if (body[at] === '[') {
      const end = bracketEnd(body, at)
      if (typeof end === 'string') return end
      at = end
    }
  }
  return null
}

/** Index of the bracket that closes the one at `start`, by the rules of git's wildmatch.c: the first member may be a bracket itself. */
function bracketEnd(body: string, start: number): number | string {
  let at = body[start + 1] === '!' || body[start + 1] === '^' ? start + 2 : start + 1
  for (let isFirst = true; at < body.length; isFirst = false, at++) {
    if (body[at] === ']' && !isFirst) return at
    if (body[at] === '\\') at++
    else if (body[at] === '[' && body[at + 1] === ':') {
      const close = body.indexOf(']', at + 2)
      if (close === -1) break
      if (body[close - 1] !== ':' || close - 1 < at + 2) continue
      const name = body.slice(at + 2, close - 1)
      if (!classNames.has(name)) return `[:${name}:] is no class of letters`
      at = close
    }
  }
  return 'a bracket is opened and never closed; write \\[ for the letter'
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
