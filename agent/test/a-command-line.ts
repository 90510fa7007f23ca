import { noColours } from '../src/cli/paint.ts'
import { runCli } from '../src/cli/run-cli.ts'

/** Runs one command line as a process would, and gives what it wrote. */
export async function holdfast(...args: string[]): Promise<{ status: number; out: string; err: string }> {
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
    ask: null,
  }
  return { status: await runCli(['node', 'holdfast', ...args], terminal), ...written }
}
