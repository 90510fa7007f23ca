/** Columns a terminal gives a text that holds no control characters. */
export function textWidth(text: string): number {
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** The longest end of a text that fits, marked where something was left out. */
export function trimStart(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text
  if (columns < 1) return ''
  const characters = Array.from(text)
  let width = 1
  let from = characters.length
  while (from > 0) {
    const next = characterWidth(characters[from - 1] ?? '')
    if (width + next > columns) break
    width += next
    from -= 1
  }
  return `…${characters.slice(from).join('')}`
}

/** The longest start of a text that fits. */
export function trimEnd(text: string, columns: number): string {
  let width = 0
  let kept = ''
  for (const character of text) {
    width += characterWidth(character)
    if (width > columns) break
    kept += character
  }
  return kept
}

export const padEnd = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - textWidth(text)))
export const padStart = (text: string, columns: number): string => ' '.repeat(Math.max(0, columns - textWidth(text))) + text

const noWidth = /^[\p{Mn}\p{Me}\p{Cf}]$/u
/** East Asian Wide and Fullwidth (UAX #11) in ranges coarse enough to be read, and emoji. */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]$|^[\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u

const characterWidth = (character: string): number => (noWidth.test(character) ? 0 : wide.test(character) ? 2 : 1)
