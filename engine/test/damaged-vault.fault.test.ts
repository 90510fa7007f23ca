import { beforeEach, afterEach, expect, test } from 'vitest'
import { bytePositions, cutLengths } from './testing/damage.ts'
import { cuts, DamageRounds, flips, grownAndLost } from './testing/damage-rounds.ts'

let rounds: DamageRounds
beforeEach(async () => {
  rounds = new DamageRounds()
  await rounds.prepare('usual')
})
afterEach(() => rounds.close())

test('flipped, cut, lengthened and lost objects of every kind are named, and no restore gives a wrong byte', async () => {
  await rounds.playAll(function* (key, whole) {
    yield* flips(whole, bytePositions(key, whole, 24))
    yield* cuts(whole, cutLengths(key, whole, 24))
    yield* grownAndLost(whole)
  })
  expect(rounds.rounds).toBeGreaterThan(120)
}, 180_000)

test('objects of one kind under one another\u2019s keys are named, and no restore takes one for the other', async () => {
  await rounds.playExchanges()
  // Two slots, two snapshots, and four packs or more.
  expect(rounds.rounds).toBeGreaterThanOrEqual(3 + 3 + 18)
}, 180_000)
