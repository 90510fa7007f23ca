import { isatty, type WriteStream } from 'node:tty'
import { colours, noColours, type Paint } from './paint.ts'

/** Where a command writes: results to `out`, all that is said meanwhile to `err`. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** Whether `err` is a terminal whose lines can be redrawn. */
  readonly isLive: boolean
  /** Columns of `err`. */
  readonly columns: number
  readonly paint: Paint
  readonly outPaint: Paint
  onResize(listener: () => void): () => void
  /** Asks a person and answers what was typed, null when they left without a word; null where nobody is there. */
  readonly ask: ((question: string) => Promise<string | null>) | null
  /** The same, and what is typed is not shown. */
  readonly askHidden: ((question: string) => Promise<string | null>) | null
}

type Environment = Readonly<Record<string, string | undefined>>

/** The process's own streams. Colour is left out where NO_COLOR says so (https://no-color.org) or nobody sees it. */
export function processTerminal(env: Environment = process.env): Terminal {
  const isDumb = env['TERM'] === 'dumb'
  const wantsColour = (env['NO_COLOR'] ?? '') === '' && !isDumb
  const stderr: WriteStream = process.stderr
  const outIsTty = isatty(1)
  const errIsTty = isatty(2)
  return {
    out: (text) => {
      process.stdout.write(text)
    },
    err: (text) => {
      process.stderr.write(text)
    },
    isLive: errIsTty && !isDumb,
    get columns() {
      return stderr.columns ?? 80
    },
    paint: wantsColour && errIsTty ? colours : noColours,
    outPaint: wantsColour && outIsTty ? colours : noColours,
    onResize(listener) {
      process.stderr.on('resize', listener)
      return () => {
        process.stderr.off('resize', listener)
      }
    },
    ask: isatty(0) && errIsTty ? askOnTerminal : null,
    askHidden: isatty(0) && errIsTty ? askHiddenOnTerminal : null,
  }
}

/** On stderr: stdout is for results alone. Ctrl+C and Ctrl+D are answers too. */
const askOnTerminal = (question: string): Promise<string | null> => askThrough(process.stderr, question)

/** Readline repeats what is typed on its output: this one shows nothing. */
async function askHiddenOnTerminal(question: string): Promise<string | null> {
  const { Writable } = await import('node:stream')
  process.stderr.write(question)
  try {
    return await askThrough(new Writable({ write: (_chunk, _encoding, done) => done() }), '')
  } finally {
    process.stderr.write('\n')
  }
}

async function askThrough(output: NodeJS.WritableStream, question: string): Promise<string | null> {
  const { createInterface } = await import('node:readline')
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  return new Promise((resolve) => {
    lines.once('close', () => resolve(null))
    lines.question(question, (answer) => {
      resolve(answer)
      lines.close()
    })
  })
}
