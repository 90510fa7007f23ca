import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Program } from '../stack/program.ts'
import { seededRandom, type SeededRandom } from '../stack/seeded-random.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'
import { changeSource, expectRecovery, leaseMs } from './after-a-kill.ts'
import { setTrap } from './kill-at-system-call.ts'

/** Steps after which something is on a disk that was not: between every two of them a crash finds another state. */
const durableCalls = ['fsync', 'fdatasync', 'link', 'linkat', 'rename', 'renameat', 'renameat2', 'unlink', 'unlinkat', 'ftruncate', 'mkdir']
/** Everything that leaves a process: to a file, the database, the other side. */
const writingCalls = ['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'sendto', 'sendmsg']

export interface CrashRoundsOptions {
  readonly victim: 'agent' | 'hub'
  /** `durable`: every one of them. `writing`: these are many; some of them, chosen by the seed. */
  readonly calls: 'durable' | 'writing'
  /** It ends earlier when a backup makes no more such calls. */
  readonly mostRounds: number
  readonly seed: number
  readonly tell: (line: string) => void
}

/** Small: what counts here are the steps, not the bytes. */
const largeBytes = 200_000
/** Threads share the work differently every time: only several backups in a row without a kill say that there is no such call. */
const missesAtTheEnd = 3
/** What an agent or hub still writes when the command has its answer. */
const afterwardsMs = 500

/**
 * Kills a real process at the first, second, third … durable step of a backup. Each time it is started again, the vault must be clean, the
 * next backup must succeed, and its restore must be equal to the source.
 *
 * @returns how many kills there were.
 */
export async function playCrashRounds({ victim, calls, mostRounds, seed, tell }: CrashRoundsOptions): Promise<number> {
  const random = seededRandom(seed)
  const stack = await startStack({ leaseMs })
  let kills = 0
  try {
    const source = join(stack.folder, 'source')
    changeSource(source, random, largeBytes)
    await stack.holdfast(['backup', source])
    let misses = 0
    for (let n = 1; kills < mostRounds && misses < missesAtTheEnd; n += calls === 'durable' ? 1 : 1 + random.below(9)) {
      const name = `kill -9 of the ${victim} at ${calls} call ${n} (seed ${seed})`
      const isKilled = await playRound(stack, { victim, calls, n, source, random }).catch((cause: unknown) => {
        throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
      })
      tell(`${name}: ${isKilled ? 'recovered' : 'no such call'}`)
      kills += isKilled ? 1 : 0
      misses = isKilled ? 0 : misses + 1
    }
    return kills
  } finally {
    await stack.stop()
  }
}

type Round = Pick<CrashRoundsOptions, 'victim' | 'calls'> & { readonly n: number; readonly source: string; readonly random: SeededRandom }

async function playRound(stack: Stack, { victim, calls, n, source, random }: Round): Promise<boolean> {
  changeSource(source, random, largeBytes)
  const program = victim === 'hub' ? stack.hub() : stack.agent()
  const trap = await setTrap(program.pid, calls === 'durable' ? durableCalls : writingCalls, n)
  const interrupted = stack.tryHoldfast(['backup', source])
  await Promise.race([interrupted.then(() => sleep(afterwardsMs)), untilItDies(program)])
  await trap.remove()
  if (program.isRunning()) return false
  if (victim === 'hub') await stack.startHub()
  else await stack.startAgent()
  await expectRecovery(stack, source, interrupted)
  return true
}

async function untilItDies(program: Program): Promise<void> {
  while (program.isRunning()) await sleep(20, undefined, { ref: false })
}
