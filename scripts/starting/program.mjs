import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProjectNode } from '../bootstrap/project-node.mjs'
import { logLines } from './log-lines.mjs'

const outputDelayMs = 100

/**
 * @typedef {object} Program one of our long-running programs
 * @property {Promise<number>} ended its exit code; 128 after a signal
 * @property {() => boolean} isRunning
 * @property {() => string} lastLines of its log, to explain an unexpected end
 * @property {(patience: Patience, hurry: AbortSignal) => Promise<void>} stop asks it to end, asks again, kills it
 *
 * @typedef {object} Patience with a program that was asked to end
 * @property {number} patienceMs until it is asked again, which means “at once” to our programs; cut short by `hurry`
 * @property {number} hurryMs from then on until it is killed
 */

/**
 * Starts a program in a process group of its own, so that Ctrl-C reaches us alone and we decide in which order things end.
 * Should we be killed, its standard input ends and it stops by itself.
 * @param {string} name @param {readonly string[]} args of Node @param {NodeJS.ProcessEnv} env
 * @param {(line: string) => void} onLine sees the lines it writes to stdout
 * @returns {Program}
 */
export function startProgram(name, args, env, onLine) {
  const child = spawn(findProjectNode(), args, { env, stdio: ['pipe', 'pipe', 'pipe'], detached: process.platform !== 'win32' })
  // The pipe breaks when the program ends first; that is told by `ended`.
  child.stdin.on('error', () => undefined)
  const log = logLines(name)
  createInterface({ input: child.stdout }).on('line', onLine)
  createInterface({ input: child.stderr }).on('line', (line) => log.take(line))
  /** @type {Promise<number>} */
  const ended = new Promise((resolve) => {
    child.once('error', (error) => {
      log.take(error.message)
      resolve(127)
    })
    // Not `close`: what the program itself started may hold its streams open for longer. Its last lines are here in a moment.
    child.once('exit', (code) => setTimeout(() => resolve(code ?? 128), outputDelayMs))
  })
  const isRunning = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined
  return {
    ended,
    isRunning,
    lastLines: log.lastLines,
    async stop({ patienceMs, hurryMs }, hurry) {
      log.expectEnd()
      if (isRunning()) child.kill('SIGTERM')
      if (!(await endsWithin(ended, patienceMs, hurry)) && isRunning()) child.kill('SIGTERM')
      // Only the program itself: what it started knows better how to end (the hub's database has a watchdog of its own).
      if (!(await endsWithin(ended, hurryMs)) && isRunning()) child.kill('SIGKILL')
      await ended
    },
  }
}

/** @param {Promise<unknown>} ended @param {number} timeMs @param {AbortSignal} [hurry] @returns {Promise<boolean>} */
async function endsWithin(ended, timeMs, hurry) {
  const timer = new AbortController()
  try {
    const time = sleep(timeMs, false, { signal: hurry === undefined ? timer.signal : AbortSignal.any([timer.signal, hurry]) }).catch(
      () => false,
    )
    return await Promise.race([ended.then(() => true), time])
  } finally {
    timer.abort()
  }
}
