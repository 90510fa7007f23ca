import { randomInt } from 'node:crypto'
import { test } from 'vitest'
import { playCollectionKills } from './collection-kills.ts'

const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? randomInt(2 ** 31))
const rounds = 50

test(`fifty kills in the middle of backups, deletions and collections lose nothing (seed ${seed})`, { timeout: 3_600_000 }, async () => {
  await playCollectionKills({ rounds, seed, tell: console.log })
})
