import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { HubDoor } from '../stack/hub-door.ts'
import type { BackupDocument } from '../stack/json-documents.ts'
import { seededRandom, type SeededRandom } from '../stack/seeded-random.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'
import { changeSource, expectRecovery, leaseMs } from './after-a-kill.ts'
import { runCommand } from '../stack/command-line.ts'
import { hubBin } from '../stack/project.ts'

export interface CollectionKillsOptions {
  readonly rounds: number
  readonly seed: number
  readonly tell: (line: string) => void
}

/**
 * Backs up, deletes most older snapshots and collects garbage at the same time, and kills the hub, and at times the agent with it, at a random moment. After each kill the
 * vault must be clean, the next backup succeed, and its restore be equal to the source.
 *
 * @throws when a round breaks one of these promises, naming the round and the seed; and when nothing was ever removed
 */
export async function playCollectionKills({ rounds, seed, tell }: CollectionKillsOptions): Promise<void> {
  const random = seededRandom(seed)
  const stack = await startStack({ leaseMs })
  try {
    const door = await HubDoor.signIn(stack.origin, stack.signInLink)
    const source = join(stack.folder, 'source')
    changeSource(source, random)
    const startedAtMs = performance.now()
    await stack.holdfast<BackupDocument>(['backup', source])
    const longestWaitMs = (performance.now() - startedAtMs) * 1.5
    let collected = 0
    for (let round = 1; round <= rounds; round += 1) {
      const waitMs = Math.floor(random.next() * longestWaitMs)
      const name = `round ${round} of ${rounds} (seed ${seed}): kill -9 after ${waitMs} ms`
      tell(name)
      collected += await playRound(stack, door, { source, random, waitMs }).catch((cause: unknown) => {
        throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
      })
      // What a kill left undone, and no grace that waits for a dead run.
      if (round % 5 === 0) await stack.holdfastHub(['gc', '--approve-large'])
    }
    await stack.holdfastHub(['fsck', '--deep'])
    if (collected === 0) throw new Error('No collection removed anything')
  } finally {
    await stack.stop()
  }
}

interface Round {
  readonly source: string
  readonly random: SeededRandom
  readonly waitMs: number
}

/** @returns packs that the collection removed which ran beside it; none where the kill came first */
async function playRound(stack: Stack, door: HubDoor, { source, random, waitMs }: Round): Promise<number> {
  changeSource(source, random)
  const interrupted = stack.tryHoldfast(['backup', source])
  const collecting = runCommand(hubBin, ['gc', '--approve-large', '--json'], stack.env)
  const besides = Promise.allSettled([collecting, deleteOld(door, random)])
  await sleep(waitMs)
  const isBoth = random.next() < 0.3
  if (isBoth) await stack.agent().kill()
  await stack.hub().kill()
  await stack.startHub()
  if (isBoth) await stack.startAgent()
  const [collection] = await besides
  await expectRecovery(stack, source, interrupted)
  if (collection.status === 'rejected' || collection.value.exitCode !== 0) return 0
  return (JSON.parse(collection.value.stdout) as { packsRemoved: number }).packsRemoved
}

/** Most of them, the newest too at times; the hub may be killed meanwhile. */
async function deleteOld(door: HubDoor, random: SeededRandom): Promise<void> {
  const snapshotIds = (await door.snapshots()).filter(() => random.next() < 0.7).map(({ id }) => id)
  if (snapshotIds.length > 0) await door.send('POST', '/snapshots/delete', { snapshotIds, confirmed: true, isFinal: true })
}
