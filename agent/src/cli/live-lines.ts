import type { Terminal } from './terminal.ts'
import { textWidth } from './text-width.ts'

const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'
const clearRestOfLine = '\u001b[K'
const clearBelow = '\u001b[J'
const up = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : '')
// oxlint-disable-next-line no-control-regex -- escape sequences are what this looks for
const colourSequences = /\u001b\[[0-9;]*m/g

/** A few lines at the bottom of the terminal that are drawn over and over, each frame in one write and without clearing first. */
export class LiveLines {
  readonly #terminal: Terminal
  readonly #stopListening: () => void
  #drawn: readonly string[] = []
  #isClosed = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
    this.#stopListening = terminal.onResize(() => this.#erase())
    terminal.err(hideCursor)
    process.once('exit', this.#restoreCursor)
  }

  /** @param lines each narrower than the terminal. */
  draw(lines: readonly string[]): void {
    if (this.#isClosed) return
    const rows = this.#rows()
    this.#terminal.err(`\r${up(rows - 1)}${lines.map((line) => line + clearRestOfLine).join('\n')}${clearBelow}`)
    this.#drawn = lines
  }

  /** Writes whole lines above; the live ones follow with the next frame. */
  above(text: string): void {
    this.#erase()
    this.#terminal.err(text.endsWith('\n') ? text : `${text}\n`)
  }

  close(): void {
    if (this.#isClosed) return
    this.#erase()
    this.#isClosed = true
    this.#stopListening()
    process.off('exit', this.#restoreCursor)
    this.#restoreCursor()
  }

  #erase(): void {
    const rows = this.#rows()
    if (rows > 0) this.#terminal.err(`\r${up(rows - 1)}${clearBelow}`)
    this.#drawn = []
  }

  /** Rows that what was drawn takes now: a terminal that got narrower has wrapped it. */
  #rows(): number {
    const columns = Math.max(1, this.#terminal.columns)
    return this.#drawn.reduce((rows, line) => rows + Math.max(1, Math.ceil(textWidth(line.replaceAll(colourSequences, '')) / columns)), 0)
  }

  readonly #restoreCursor = (): void => this.#terminal.err(showCursor)
}
