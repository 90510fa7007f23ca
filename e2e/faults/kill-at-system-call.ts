import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A process that dies at its n-th call of a kind. */
export interface Trap {
  /** Lets the process go on without it; does nothing when it is dead. */
  remove(): Promise<void>
}

/**
 * Kills a running process with SIGKILL at the n-th call, counted in each of its threads, of any of these system calls: just before it,
 * so that everything before it was done, and nothing after. By strace: the program itself knows nothing of it.
 *
 * @param calls names as strace knows them.
 */
export async function setTrap(pid: number, calls: readonly string[], n: number): Promise<Trap> {
  const names = calls.join(',')
  const inject = `inject=${names}:signal=KILL:when=${n}`
  const strace = spawn('strace', ['-f', '-o', '/dev/null', '-e', `trace=${names}`, '-e', inject, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(strace, 'close')
  let said = ''
  await new Promise<void>((resolve, reject) => {
    strace.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (/Process \d+ attached/.test(said)) resolve()
    })
    strace.once('error', reject)
    strace.once('close', () => reject(new Error(`strace could not attach: ${said}`)))
  })
  return {
    async remove() {
      if (strace.exitCode === null && strace.signalCode === null) strace.kill('SIGTERM')
      await ended
    },
  }
}
