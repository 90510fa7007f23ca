/** Why a line can exclude nothing; `meant` and `name` are for the sentence that says so. */
export type PatternProblem =
  | { readonly code: 'lines' | 'comment' | 'nothing' | 'backslash' | 'parent' | 'bracket' }
  | { readonly code: 'dots' | 'dots-one'; readonly meant: string }
  | { readonly code: 'class'; readonly name: string }

/**
 * What is wrong with a line that should exclude something, or null. Git passes over such a line in silence; here a person asked for
 * it, so that an exclusion that can never exclude anything is a mistake to be told. Without a schema: the console asks the same.
 */
export function findPatternProblem(pattern: string): PatternProblem | null {
  if (/[\n\0]/.test(pattern)) return { code: 'lines' }
  if (pattern.startsWith('#')) return { code: 'comment' }
  const body = pattern.replace(/^!/, '').replace(/ +$/, '')
  if (body === '' || body === '/') return { code: 'nothing' }
  if (/\\*$/.exec(body)![0].length % 2 === 1 && body === pattern.replace(/^!/, '')) return { code: 'backslash' }
  return componentProblem(body) ?? bracketProblem(body)
}

/** Git compares with paths as `ls` of a folder gives them: what no such path has can match nothing, and does so in silence. */
function componentProblem(body: string): PatternProblem | null {
  const components = body.replace(/^\//, '').replace(/\/$/, '').split('/')
  const plain = components.filter((component) => component !== '' && component !== '.')
  if (plain.includes('..')) return { code: 'parent' }
  if (plain.length === components.length) return null
  if (plain.length === 0) return { code: 'nothing' }
  const meant = `${plain.join('/')}${body.endsWith('/') ? '/' : ''}`
  // A slash that is left over anchored the pattern to its source; a name alone would be met everywhere.
  return { code: plain.length === 1 && body.includes('/') ? 'dots-one' : 'dots', meant }
}

const classNames = new Set(['alnum', 'alpha', 'blank', 'cntrl', 'digit', 'graph', 'lower', 'print', 'punct', 'space', 'upper', 'xdigit'])

function bracketProblem(body: string): PatternProblem | null {
  for (let at = 0; at < body.length; at++) {
    if (body[at] === '\\') at++
    else if (body[at] === '[') {
      const end = bracketEnd(body, at)
      if (typeof end !== 'number') return end
      at = end
    }
  }
  return null
}

/** Index of the bracket that closes the one at `start`, by the rules of git's wildmatch.c: the first member may be a bracket itself. */
function bracketEnd(body: string, start: number): number | PatternProblem {
  let at = body[start + 1] === '!' || body[start + 1] === '^' ? start + 2 : start + 1
  for (let isFirst = true; at < body.length; isFirst = false, at++) {
    if (body[at] === ']' && !isFirst) return at
    if (body[at] === '\\') at++
    else if (body[at] === '[' && body[at + 1] === ':') {
      const close = body.indexOf(']', at + 2)
      if (close === -1) break
      if (body[close - 1] !== ':' || close - 1 < at + 2) continue
      const name = body.slice(at + 2, close - 1)
      if (!classNames.has(name)) return { code: 'class', name }
      at = close
    }
  }
  return { code: 'bracket' }
}
