import { beforeEach, afterEach, expect, test } from 'vitest'
import { bytePositions, cutLengths } from './testing/damage.ts'
import { cuts, DamageRounds, flips, grownAndLost } from './testing/damage-rounds.ts'

let rounds: DamageRounds
beforeEach(() => {
  rounds = new DamageRounds()
})
afterEach(() => rounds.close())

test('every class of byte and length of every object: all damage is named, and no restore gives a wrong byte', async () => {
  await rounds.prepare('usual')
  await rounds.playAll(function* (key, whole) {
    yield* flips(whole, bytePositions(key, whole, 1))
    yield* cuts(whole, cutLengths(key, whole, 1))
    yield* grownAndLost(whole)
  })
  expect(rounds.rounds).toBeGreaterThan(1500)
})

test('every single byte and length of every object of a tiny vault: all damage is named, and no restore gives a wrong byte', async () => {
  await rounds.prepare('tiny')
  let bytes = 0
  await rounds.playAll(function* (_, whole) {
    const all = Array.from(whole, (_byte, at) => at)
    bytes += whole.length
    yield* flips(whole, all)
    yield* cuts(whole, all)
    yield* grownAndLost(whole)
  })
  expect(rounds.rounds).toBeGreaterThan(2 * bytes)
})
