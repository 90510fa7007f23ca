import { afterEach, beforeEach, expect, test } from 'vitest'
import { StoreRounds } from './testing/store-rounds.ts'
import { testSeed } from './testing/test-seed.ts'

let rounds: StoreRounds
beforeEach(async () => {
  rounds = new StoreRounds()
  await rounds.prepare()
})
afterEach(() => rounds.close())

// Every ninth call, beginning anywhere; `npm run test:faults` plays all of them.
const every = 9
const isPlayed = (n: number): boolean => n % every === testSeed % every

test.each(['backup', 'restore', 'fsck'] as const)(
  `a call of a store may go wrong in any way during a %s: it is told, and the next one is right (seed ${testSeed})`,
  async (task) => {
    await rounds.playFaults(task, isPlayed)
    expect(rounds.rounds).toBeGreaterThan(6)
  },
  180_000,
)

test('a hub that dies before or after any change of its store starts clean, and the next backup is right', async () => {
  await rounds.playCrashes()
  // Two packs and a snapshot, before and after, and the round in which nobody died.
  expect(rounds.rounds).toBeGreaterThanOrEqual(7)
}, 180_000)
