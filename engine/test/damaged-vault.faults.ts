import { expect, onTestFinished, test } from 'vitest'
import { DamageRounds } from './testing/damage-rounds.ts'

test('every class of byte and length of every object: all damage is named, and no restore gives a wrong byte', async () => {
  const rounds = new DamageRounds()
  onTestFinished(() => rounds.close())
  await rounds.prepare()
  await rounds.playAll(1)
  expect(rounds.rounds).toBeGreaterThan(1500)
})
