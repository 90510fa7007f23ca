import { bytesOf, textOfBytes } from '../hosts/index.ts'

/** A pattern that names exactly one place below each chosen folder, without a wildcard. */
export interface LiteralPattern {
  /** Below the chosen folder, without a slash at either end. */
  readonly below: string
  readonly foldersOnly: boolean
  /** It takes back (`!`). */
  readonly isTakenBack: boolean
}

const special = /[\\*?[]/g

/**
 * The line that leaves out one place below the chosen folder; null where no line can: a name that is not text, or that has a line
 * break in it. (`?` stands for one byte, but for whichever.)
 */
export function literalPattern(below: string, separator: '/' | '\\', isFolder: boolean): string | null {
  const text = textOfBytes(below)
  if (text === null || /[\n\0]/.test(text)) return null
  const slashed = separator === '\\' ? text.replaceAll('\\', '/') : text
  const quoted = slashed.replace(special, '\\$&')
  // A space at the end would be passed over.
  const kept = isFolder ? quoted : quoted.replace(/ $/, '\\ ')
  return `/${kept}${isFolder ? '/' : ''}`
}

/** Null: the line has a wildcard, or is met in whatever folder. */
export function readLiteral(line: string): LiteralPattern | null {
  const isTakenBack = line.startsWith('!')
  const body = (isTakenBack ? line.slice(1) : line).replace(/(?<!\\) +$/, '')
  const foldersOnly = body.endsWith('/')
  const inner = foldersOnly ? body.slice(0, -1) : body
  if (!inner.includes('/')) return null
  const bare = inner.replace(/\\./gsu, '')
  if (/[*?[]/.test(bare)) return null
  const below = inner.replace(/^\//, '').replace(/\\(.)/gsu, '$1')
  return below === '' ? null : { below: bytesOf(below), foldersOnly, isTakenBack }
}
