import { noColours } from '../src/cli/paint.ts'
import { runCli } from '../src/cli/run-cli.ts'

export interface Ended {
  readonly status: number
  readonly out: string
  readonly err: string
}

/** Runs one command line as a process would, with nobody at the terminal, and gives what it wrote. */
export const holdfast = (...args: string[]): Promise<Ended> => holdfastAt(null, args)

/** @param ask how somebody at the terminal answers; null: nobody is there. */
export async function holdfastAt(ask: ((question: string) => Promise<string | null>) | null, args: readonly string[]): Promise<Ended> {
  const written = { out: '', err: '' }
  const terminal = {
    out: (text: string) => {
      written.out += text
    },
    err: (text: string) => {
      written.err += text
    },
    isLive: false,
    columns: 80,
    paint: noColours,
    outPaint: noColours,
    onResize: () => () => undefined,
    ask,
    askHidden: ask,
  }
  return { status: await runCli(['node', 'holdfast', ...args], terminal), ...written }
}
