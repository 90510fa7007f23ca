import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A process of a test that is spoken to line by line. */
export interface LineProcess {
  readonly child: ChildProcess
  readonly pid: number
  /** What it printed on standard error so far. */
  stderr(): string
  say(line: string): void
  /** The next line it prints; rejects when it ends first. */
  nextLine(): Promise<string>
  /** Resolves with its exit status or signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>
  /** Kills it at once and waits. */
  kill(): Promise<void>
}

export function startLineProcess(file: string, args: readonly string[], options: SpawnOptions = {}): LineProcess {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options })
  const { stdout, stderr: errors, stdin } = child
  if (!stdout || !errors || !stdin) throw new Error('a line process needs its three streams')
  let said = ''
  errors.on('data', (chunk) => {
    said += String(chunk)
  })
  stdin.on('error', () => undefined) // it may have ended: `nextLine` tells
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const ended = once(child, 'exit').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals | null)
  return {
    child,
    pid: child.pid ?? 0,
    ended,
    stderr: () => said,
    say: (line) => void stdin.write(`${line}\n`),
    async nextLine() {
      const next = await lines.next()
      if (next.done) throw new Error(`the process ended (${await ended}): ${said}`)
      return next.value
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Runs a TypeScript file of ours in this Node. */
export const startTypeScript = (file: URL, args: readonly string[] = [], options: SpawnOptions = {}): LineProcess =>
  startLineProcess(process.execPath, ['-C', '@holdfast/source', file.pathname, ...args], options)
