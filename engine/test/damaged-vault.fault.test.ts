import { expect, onTestFinished, test } from 'vitest'
import { DamageRounds } from './testing/damage-rounds.ts'

test('flipped, cut, lengthened and lost objects of every kind are named, and no restore gives a wrong byte', async () => {
  const rounds = new DamageRounds()
  onTestFinished(() => rounds.close())
  await rounds.prepare()
  await rounds.playAll(12)
  expect(rounds.rounds).toBeGreaterThan(150)
}, 60_000)
