import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BackupDocument, FailureDocument, RestoreDocument } from '../stack/json-documents.ts'
import { seededRandom, type SeededRandom } from '../stack/seeded-random.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'
import { findTreeDifferences } from '../stack/tree-differences.ts'

/** Short, so that a run whose agent was killed is given up while the test waits; long enough for a crowded machine. */
const leaseMs = 8_000
/** Nobody waits longer than two leases for a run that died (docs/agent-protocol.md), plus the time to start a program or two. */
const nextBackupWithinMs = 2 * leaseMs + 15_000

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

  await stack.holdfastHub(['fsck'])
  await backUpSoon(stack, source)
  await interrupted // whatever it said, it has ended
  await stack.holdfastHub(['fsck'])
  await expectEqualRestore(stack, source)
}

async function killAndRestart(stack: Stack, victim: Round['victim']): Promise<void> {
  if (victim !== 'hub') await stack.agent().kill()
  if (victim !== 'agent') await stack.hub().kill()
  if (victim !== 'agent') await stack.startHub()
  if (victim !== 'hub') await stack.startAgent()
}

/** A run that died may stand in the way until its lease is over. */
async function backUpSoon(stack: Stack, source: string): Promise<void> {
  for (const deadline = performance.now() + nextBackupWithinMs; ; await sleep(100)) {
    const { exitCode, stdout, stderr } = await stack.tryHoldfast(['backup', source])
    if (exitCode === 0) return
    const { error } = JSON.parse(stdout || '{"error":{}}') as FailureDocument
    const mayPass = ['run.already-active', 'agent.busy', 'agent.offline', 'hub.unreachable'].includes(error.code)
    if (!mayPass || performance.now() > deadline) throw new Error(`the next backup ended with ${exitCode}:\n${stdout}\n${stderr}`)
  }
}

async function expectEqualRestore(stack: Stack, source: string): Promise<void> {
  const target = join(stack.folder, 'restored')
  mkdirSync(target)
  const { status } = await stack.holdfast<RestoreDocument>(['restore', 'latest', '--target', target])
  if (status !== 'succeeded') throw new Error(`the restore ended with ${status}`)
  const differences = await findTreeDifferences(source, join(target, source))
  if (differences !== '') throw new Error(`the restored tree differs:\n${differences}`)
  rmSync(target, { recursive: true })
}

/** Something new to back up: many small files, and large ones whose packs are on their way when the kill comes. */
function changeSource(source: string, random: SeededRandom): void {
  for (let folder = 0; folder < 10; folder += 1) {
    const path = join(source, `folder ${folder}`)
    mkdirSync(path, { recursive: true })
    for (let file = 0; file < 30; file += 1) {
      if (random.next() < 0.5) writeFileSync(join(path, `file ${file}`), random.bytes(random.below(20_000)))
    }
  }
  for (let file = 0; file < 4; file += 1) {
    if (random.next() < 0.7) writeFileSync(join(source, `large ${file}`), random.bytes(4 * 2 ** 20 + random.below(4 * 2 ** 20)))
  }
}
