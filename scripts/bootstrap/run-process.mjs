import { spawn } from 'node:child_process'

const isWindows = process.platform === 'win32'

/** How long a process may take to end after SIGTERM before it is killed. */
const graceMs = 5_000

/**
 * Signals a process and everything it started. The process must have been started `detached` (its own group).
 * @param {import('node:child_process').ChildProcess} child @param {NodeJS.Signals} signal
 */
export function signalGroup(child, signal) {
  if (child.pid === undefined) return
  try {
    if (isWindows) child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch (error) {
    // ESRCH: it is gone already, which is what was wanted.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error
  }
}

/**
 * @typedef {object} ProcessOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {AbortSignal | undefined} [signal] ends the process and all it started
 * @property {number} [timeoutMs] after this the process and all it started are ended, and `timedOut` says so
 * @property {(text: string) => void} [onOutput] sees stdout and stderr as they come
 */

/**
 * Runs a command to its end, in its own process group so that it can be ended whole.
 * @param {string} command @param {readonly string[]} args @param {ProcessOptions} [options]
 * @returns {Promise<{ code: number, output: string, timedOut: boolean }>} `code` is 128 + n after a signal, 127 if it could not start
 */
export function runProcess(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env, detached: !isWindows, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let timedOut = false
    /** @param {string} text */
    const take = (text) => {
      output += text
      options.onOutput?.(text)
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)

    /** @type {NodeJS.Timeout | undefined} */
    let killTimer
    const end = () => {
      signalGroup(child, 'SIGTERM')
      killTimer ??= setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs)
    }
    const deadline = options.timeoutMs === undefined ? undefined : setTimeout(() => ((timedOut = true), end()), options.timeoutMs)
    options.signal?.addEventListener('abort', end, { once: true })
    if (options.signal?.aborted) end()

    /** @param {number} code */
    const settle = (code) => {
      clearTimeout(deadline)
      clearTimeout(killTimer)
      options.signal?.removeEventListener('abort', end)
      resolve({ code, output, timedOut })
    }
    child.on('error', (error) => {
      take(`${error.message}\n`)
      settle(127)
    })
    child.on('close', (code, signal) => settle(code ?? (signal === null ? 1 : 128)))
  })
}
