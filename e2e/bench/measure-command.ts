import { spawn } from 'node:child_process'
import { cpuSecondsOf, readProcess, residentBytesOf, treeOf } from './process-figures.ts'

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd?: string
}

/** Processes that run before and after the command and work for it, by the name of their part. */
export type Servants = ReadonlyMap<string, () => readonly number[]>
export const noServants: Servants = new Map()

export interface CommandFigures {
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly peakBytes: number
  readonly parts: Readonly<Record<string, { readonly cpuSeconds: number; readonly peakBytes: number }>>
  readonly stdout: string
}

const lookEveryMs = 100
/** Trees change seldom, and to find one means to read all of /proc. */
const looksPerTree = 5

/**
 * Runs a command to its end, and measures it together with its servants. One at a time: CPU of ended children is our own counter.
 *
 * @throws Error when it ends otherwise than with 0, with what it said; the abort's reason when `signal` stops it
 */
export async function measureCommand(name: string, command: Command, servants: Servants, signal: AbortSignal): Promise<CommandFigures> {
  signal.throwIfAborted()
  const cpuBefore = new Map([...servants].map(([part, pids]) => [part, cpuSecondsOf(pids())]))
  const childrenBefore = cpuOfEndedChildren()
  const startedMs = performance.now()
  const child = spawn(command.file, command.args, {
    env: { ...process.env, ...command.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
  })
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] = (output[stream] + text).slice(-1_000_000)
    })
  const watch = new MemoryWatch(new Map([...servants, [name, () => (child.pid === undefined ? [] : treeOf(child.pid))]]))
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode, endSignal) => resolve(exitCode ?? endSignal ?? 'unknown'))
  }).finally(() => watch.stop())
  const wallSeconds = (performance.now() - startedMs) / 1000
  signal.throwIfAborted()
  if (code !== 0)
    throw new Error(`${command.file} ${command.args.join(' ')} ended with ${code}:\n${output.stderr}${output.stdout}`.trimEnd())
  const cpu = new Map([...servants].map(([part, pids]) => [part, cpuSecondsOf(pids()) - (cpuBefore.get(part) ?? 0)]))
  cpu.set(name, cpuOfEndedChildren() - childrenBefore)
  return {
    wallSeconds,
    cpuSeconds: [...cpu.values()].reduce((sum, seconds) => sum + seconds, 0),
    peakBytes: watch.peakBytes,
    parts: Object.fromEntries([...cpu].map(([part, seconds]) => [part, { cpuSeconds: seconds, peakBytes: watch.peakOf(part) }])),
    stdout: output.stdout,
  }
}

const cpuOfEndedChildren = (): number => readProcess(process.pid)?.endedChildrenCpuSeconds ?? 0

/** Looks at resident memory while something runs. */
class MemoryWatch {
  readonly #parts: Servants
  readonly #trees = new Map<string, readonly number[]>()
  readonly #peaks = new Map<string, number>()
  readonly #timer: NodeJS.Timeout
  #looks = 0
  peakBytes = 0

  constructor(parts: Servants) {
    this.#parts = parts
    this.#timer = setInterval(() => this.#look(), lookEveryMs)
    this.#look()
  }

  peakOf(part: string): number {
    return this.#peaks.get(part) ?? 0
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const isTreeDue = this.#looks++ % looksPerTree === 0
    let total = 0
    for (const [part, pids] of this.#parts) {
      if (isTreeDue) this.#trees.set(part, pids())
      const bytes = residentBytesOf(this.#trees.get(part) ?? [])
      this.#peaks.set(part, Math.max(this.peakOf(part), bytes))
      total += bytes
    }
    this.peakBytes = Math.max(this.peakBytes, total)
  }
}
