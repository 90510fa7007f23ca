import { join } from 'node:path'
import { isEndState, type Run, type RunOrder } from '@holdfast/shared-types'
import { seededRandom } from '../../stack/seeded-random.ts'
import {
  expectAllEnded,
  expectEmptyOutbox,
  expectEqualRestore,
  expectHonestBooks,
  expectNextRun,
  expectNoOverlap,
  expectService,
} from './oracle.ts'
import { playFaults } from './play-faults.ts'
import { describePlan, faultNames, planRound, type RoundPlan } from './plan-round.ts'
import { startRig, type Rig } from './rig.ts'

export interface RoundsOptions {
  readonly seed: number
  readonly leaseMs: number
  /** Numbers of the rounds, each planned by the seed; or plans. */
  readonly rounds: readonly (number | RoundPlan)[]
  readonly tell: (line: string) => void
}

/** Far more runs than a round makes. */
const runsOfRound = 40

/**
 * Plays rounds on one stack of real processes: a run, and faults while it is under way. After each of them everything has to be in order
 * again, by itself: see oracle.ts.
 *
 * @throws Error that names seed and plan of the round that broke a promise
 */
export async function playRounds({ seed, leaseMs, rounds, tell }: RoundsOptions): Promise<void> {
  const rig = await startRig(seededRandom(seed), leaseMs)
  const ends = new Map<string, Run['state']>()
  try {
    rig.changeSource()
    await warmUp(rig)
    const impossible = faultNames.filter((name) => !rig.possible.includes(name))
    if (impossible.length > 0) tell(`not possible on this machine: ${impossible.join(', ')}`)
    for (const chosen of rounds) {
      const plan = typeof chosen === 'number' ? planRound(seed, chosen, rig.possible) : possiblePart(chosen, rig)
      const name = `seed ${seed}, ${describePlan(plan)}`
      const startedAtMs = performance.now()
      const runs = await playRound(rig, plan, ends).catch((cause: unknown) => {
        throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}\n${lastWords(rig)}`, { cause })
      })
      tell(`${name}: ${runs.map(({ kind, state }) => `${kind} ${state}`).join(', ')} (${Math.round(performance.now() - startedAtMs)} ms)`)
    }
    await expectSameEnds(rig, ends)
    await rig.stack.holdfastHub(['fsck'])
  } catch (error) {
    await rig.stop().catch(() => undefined) // The first failure is the one to see.
    throw error
  }
  await rig.stop()
}

/** The first run of new programs on a crowded machine may be slow to begin; what it proves, every round proves again. */
async function warmUp(rig: Rig): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return void (await expectNextRun(rig))
    } catch (error) {
      if (tries === 3) throw error
    }
  }
}

const possiblePart = (plan: RoundPlan, { possible }: Rig): RoundPlan => ({
  ...plan,
  faults: plan.faults.filter(({ name }) => possible.includes(name)),
})

/** @returns the runs of the round that the faults could reach, oldest first */
async function playRound(rig: Rig, plan: RoundPlan, ends: Map<string, Run['state']>): Promise<readonly Run[]> {
  const { door, agentId } = rig
  rig.changeSource()
  const order = await orderOf(rig, plan)
  const run = await door.order(agentId, order)
  await playFaults({ rig, runId: run.id, orderAgain: () => door.tryOrder(agentId, order) }, plan.faults)
  await expectService(rig)
  await expectAllEnded(rig)
  const next = await expectNextRun(rig)
  await expectEqualRestore(rig, next)
  // What the disk had no room for is told again by the next process.
  if (plan.faults.some(({ name }) => name === 'full disk')) await restartAgent(rig)
  await expectEmptyOutbox(rig)
  const runs = (await door.runs(runsOfRound)).filter(({ id }) => !ends.has(id))
  await expectHonestBooks(rig, runs)
  expectNoOverlap(rig, await door.runs(1_000))
  for (const { id, state } of runs) ends.set(id, state)
  return runs
    .toReversed()
    .filter(({ id }) => id !== next.id)
    .slice(0, -1)
}

async function restartAgent(rig: Rig): Promise<void> {
  await rig.stack.agent().stop()
  rig.launchAgent()
  await expectService(rig)
}

async function orderOf({ door, stack, backupOrder }: Rig, { kind }: RoundPlan): Promise<RunOrder> {
  const newest = (await door.snapshots()).at(-1)
  if (kind === 'backup' || newest === undefined) return backupOrder()
  if (kind === 'verify') return { kind: 'verify', snapshotId: newest.id }
  return { kind: 'restore', snapshotId: newest.id, target: { path: join(stack.folder, 'restored under fire') }, flat: false, paths: [] }
}

/** Asked again at the very end: no run has changed its mind. */
async function expectSameEnds({ door }: Rig, ends: ReadonlyMap<string, Run['state']>): Promise<void> {
  for (const [id, state] of ends) {
    const now = (await door.run(id)).state
    if (!isEndState(now) || now !== state) throw new Error(`Run ${id} ended as ${state} and is ${now} now`)
  }
}

const lastWords = ({ stack, agentOutputs }: Rig): string =>
  [
    '--- the hub',
    stack.hub().output().slice(-6_000),
    '--- the agent',
    agentOutputs()
      .map((output) => output.slice(-3_000))
      .slice(-2)
      .join('\n--- the agent, started again\n'),
  ].join('\n')
