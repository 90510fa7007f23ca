/** A line of a run's log before it is text. */
export interface LineToWrite {
  readonly at: Date
  readonly level: string
  readonly event: string
  readonly message: string
  readonly path?: string | null | undefined
}

/**
 * What could end a line, move the cursor or turn the direction of a text: control characters, separators of lines and paragraphs,
 * bidirectional controls and other invisible ones. A backslash too, so that what is written can be read back.
 */
const dangerous = /[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** `2026-11-21T18:00:00.000Z warn  file.skipped  Its path is too long.  "/home/ada/x\n"` */
export function logFileLine({ at, level, event, message, path }: LineToWrite): string {
  const parts = [at.toISOString(), level.padEnd(5), written(event), written(message)]
  // In quotes, and quotes in it written out: where a path begins and ends is no matter of guessing.
  if (path !== null && path !== undefined) parts.push(`"${written(path).replaceAll('"', String.raw`\"`)}"`)
  return `${parts.join('  ')}\n`
}

const written = (text: string): string => text.replaceAll(dangerous, (character) => shortForms[character] ?? codeOf(character))

const shortForms: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` }
const codeOf = (character: string): string => String.raw`\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
