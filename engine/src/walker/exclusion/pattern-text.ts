/**
 * Bytes as text for the matcher, one character a byte: git matches bytes, so a name of any bytes, UTF-8 or not, is met exactly by the
 * patterns that git would meet it with. Nothing is decoded, hence nothing lost, and no name matches because it could not be read.
 */
export const patternText = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

/** What a line of gitignore says, apart from what its wildcards mean. */
export interface PatternLine {
  /** As it was written, `!` and all. */
  readonly line: string
  /** Without `!`, trailing spaces, and the slash at its end. */
  readonly body: string
  /** It is held against names alone, in whatever folder they are. */
  readonly isForNames: boolean
  /** It has a slash at its end. */
  readonly isForFolders: boolean
}

/** Null for what is no pattern: a comment, an empty line. */
export function parsePatternLine(line: string): PatternLine | null {
  if (line.startsWith('#')) return null
  const whole = withoutTrailingSpaces(line.startsWith('!') ? line.slice(1) : line)
  if (whole === '' || whole === '/') return null
  const body = whole.endsWith('/') ? whole.slice(0, -1) : whole
  return { line, body, isForNames: !body.includes('/'), isForFolders: whole.endsWith('/') }
}

/** Spaces at the end count only after a backslash. */
function withoutTrailingSpaces(text: string): string {
  let end = text.length
  while (end > 0 && text[end - 1] === ' ') end--
  if (end === text.length) return text
  let backslashes = 0
  while (backslashes < end && text[end - 1 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 1 ? text.slice(0, end + 1) : text.slice(0, end)
}
