import { afterEach, beforeEach, expect, test } from 'vitest'
import { StoreRounds } from './testing/store-rounds.ts'

let rounds: StoreRounds
beforeEach(async () => {
  rounds = new StoreRounds()
  await rounds.prepare()
})
afterEach(() => rounds.close())

test.each([
  ['backup', 80],
  ['restore', 25],
  ['fsck', 60],
] as const)('every call of a store may go wrong in any way during a %s: it is told, and the next one is right', async (task, least) => {
  await rounds.playFaults(task)
  expect(rounds.rounds).toBeGreaterThan(least)
})
