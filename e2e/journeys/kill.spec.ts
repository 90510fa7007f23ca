import { randomInt } from 'node:crypto'
import { test } from '@playwright/test'
import { playKillRounds } from '../faults/kill-rounds.ts'

// One round with another seed every time; `npm run test:faults -- --seed S` plays thirty from a given one.
test('killed at random moments, agent and hub come back to a clean vault', async () => {
  await playKillRounds({ rounds: 1, seed: randomInt(2 ** 31), tell: console.log })
})
