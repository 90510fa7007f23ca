import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BackupDocument } from '../stack/json-documents.ts'
import { seededRandom, type SeededRandom } from '../stack/seeded-random.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'
import { changeSource, expectRecovery, leaseMs } from './after-a-kill.ts'

const victims = ['agent', 'hub', 'both'] as const

export interface KillRoundsOptions {
  readonly rounds: number
  readonly seed: number
  readonly tell: (line: string) => void
}

/**
 * Kills agent, hub or both with kill -9 at a random moment of a backup, again and again. After each kill they are started again, the
 * vault must be clean, the next backup must succeed, and its restore must be equal to the source.
 *
 * @throws when a round breaks one of these promises, naming the round and the seed.
 */
export async function playKillRounds({ rounds, seed, tell }: KillRoundsOptions): Promise<void> {
  const random = seededRandom(seed)
  const stack = await startStack({ leaseMs })
  try {
    const source = join(stack.folder, 'source')
    changeSource(source, random)
    const startedAtMs = performance.now()
    await stack.holdfast<BackupDocument>(['backup', source])
    // Moments from “just ordered” to “just done”.
    const longestWaitMs = (performance.now() - startedAtMs) * 1.2
    for (let round = 1; round <= rounds; round += 1) {
      const victim = random.pick(victims)
      const waitMs = Math.floor(random.next() * longestWaitMs)
      const name = `round ${round} of ${rounds} (seed ${seed}): kill -9 of ${victim} after ${waitMs} ms`
      tell(name)
      await playRound(stack, { source, random, victim, waitMs }).catch((cause: unknown) => {
        throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
      })
    }
  } finally {
    await stack.stop()
  }
}

interface Round {
  readonly source: string
  readonly random: SeededRandom
  readonly victim: (typeof victims)[number]
  readonly waitMs: number
}

async function playRound(stack: Stack, { source, random, victim, waitMs }: Round): Promise<void> {
  changeSource(source, random)
  const interrupted = stack.tryHoldfast(['backup', source])
  await sleep(waitMs)
  await killAndRestart(stack, victim)
  await expectRecovery(stack, source, interrupted)
}

async function killAndRestart(stack: Stack, victim: Round['victim']): Promise<void> {
  if (victim !== 'hub') await stack.agent().kill()
  if (victim !== 'agent') await stack.hub().kill()
  if (victim !== 'agent') await stack.startHub()
  if (victim !== 'hub') await stack.startAgent()
}
