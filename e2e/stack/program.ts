import { spawn, type ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeArgs, projectRoot } from './project.ts'

/** One of our programs, running. */
export interface Program {
  readonly pid: number
  /** Everything it has written to stdout and stderr. */
  output(): string
  isRunning(): boolean
  /** Waits until a line of its output matches. Fails when the program ends before, or after `timeoutMs`. */
  waitForLine(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray>
  /** Asks it to stop and waits for its end. */
  stop(): Promise<void>
  /** kill -9: it gets no chance to put anything in order. */
  kill(): Promise<void>
}

const stopTimeoutMs = 60_000

/** Starts one of the project's programs in a process group of its own; it ends with us, because its standard input does. */
export function startProgram(bin: string, args: readonly string[], env: NodeJS.ProcessEnv): Program {
  const child = spawn(process.execPath, nodeArgs(bin, args), {
    cwd: projectRoot,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  // A program that is killed leaves a broken pipe; that is not our failure.
  child.stdin.on('error', () => undefined)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const isRunning = () => child.exitCode === null && child.signalCode === null

  return {
    pid: pidOf(child),
    output: () => output,
    isRunning,
    async waitForLine(pattern, timeoutMs) {
      for (const deadline = performance.now() + timeoutMs; ; await sleep(20)) {
        const match = pattern.exec(output)
        if (match) return match
        if (!isRunning()) throw new Error(`The program ended (${child.exitCode ?? child.signalCode}) before it said ${pattern}:\n${output}`)
        if (performance.now() > deadline) throw new Error(`The program did not say ${pattern} within ${timeoutMs} ms:\n${output}`)
      }
    },
    async stop() {
      if (isRunning()) child.kill('SIGTERM')
      const inTime = await Promise.race([ended.then(() => true), sleep(stopTimeoutMs, false, { ref: false })])
      if (inTime) return
      process.kill(-pidOf(child), 'SIGKILL')
      await ended
      throw new Error(`The program did not stop within ${stopTimeoutMs} ms:\n${output}`)
    },
    async kill() {
      if (isRunning()) child.kill('SIGKILL')
      await ended
    },
  }
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('The program could not be started')
  return child.pid
}
