import { randomInt } from 'node:crypto'
import { test } from 'vitest'
import { playRounds } from './chaos/play-rounds.ts'

const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? randomInt(2 ** 31))
/** One round, or a few, of a seed that has failed: `HOLDFAST_TEST_ROUNDS=17` or `17,18`. */
const chosen = process.env['HOLDFAST_TEST_ROUNDS']?.split(',').map(Number)
const roundsPerStack = 25
const leaseMs = 4_000
const batches =
  chosen === undefined ? [1, 26, 51, 76].map((first) => Array.from({ length: roundsPerStack }, (_, index) => first + index)) : [chosen]

test.each(batches.map((rounds) => ({ rounds, from: rounds[0], to: rounds.at(-1) })))(
  `a run ends in one honest state, whatever breaks: rounds $from to $to (seed ${seed})`,
  async ({ rounds }) => {
    await playRounds({ seed, leaseMs, rounds, tell: console.log })
  },
)
