import { expect, test } from 'vitest'
import { faultNames, type FaultName, type PlannedFault, type RoundPlan } from './chaos/plan-round.ts'
import { playRounds } from './chaos/play-rounds.ts'

/** Fixed, for everything that is not planned here: contents of files, which message is doubled. */
const seed = 4_711
/** Long enough that a crowded machine is no fault of a run: other tests run beside this one. */
const leaseMs = 4_000

const at = (name: FaultName, atMs: number, chance = 0.2): PlannedFault => ({ name, atMs, chance })
/** Every fault once, none of them waiting for another one; `npm run test:faults` has a hundred rounds by chance. */
const rounds: readonly RoundPlan[] = [
  { round: 1, kind: 'backup', faults: [at('kill agent', 250), at('second order', 400), at('double', 0)] },
  { round: 2, kind: 'backup', faults: [at('kill hub', 300), at('delay', 0), at('full disk', 100)] },
  { round: 3, kind: 'backup', faults: [at('half-open past the lease', 200), at('hub clock', 100), at('half-open briefly', 0)] },
  { round: 4, kind: 'verify', faults: [at('kill postgres', 150), at('shuffle', 0), at('agent clock', 0, 0.8)] },
  { round: 5, kind: 'backup', faults: [at('cut briefly', 100), at('cancel', 300)] },
  { round: 6, kind: 'backup', faults: [at('cut past the lease', 300, 0.8), at('agent sleeps', 200)] },
]

test('the rounds have every fault that there is', () => {
  const played = new Set(rounds.flatMap(({ faults }) => faults.map(({ name }) => name)))
  expect(faultNames.filter((name) => !played.has(name))).toEqual([])
})

test('a run ends in one honest state, whatever breaks while it is under way', { timeout: 400_000 }, async () => {
  await playRounds({ seed, leaseMs, rounds, tell: console.log })
})
