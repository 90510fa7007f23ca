import { randomInt } from 'node:crypto'
import { test } from 'vitest'
import { playKillRounds } from './kill-rounds.ts'

const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? randomInt(2 ** 31))
const rounds = 30

test(`thirty kills of agent and hub leave a clean vault and backups that restore (seed ${seed})`, async () => {
  await playKillRounds({ rounds, seed, tell: console.log })
})
