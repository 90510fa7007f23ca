import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { playCrashRounds } from './crash-rounds.ts'

const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? randomInt(2 ** 31))
// A container may forbid one process to trace another.
const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0

describe.skipIf(!canTrace)('a process that dies between two steps', () => {
  // strace counts calls by thread: one thread for files makes one count of them.
  beforeAll(() => {
    process.env['UV_THREADPOOL_SIZE'] = '1'
  })

  test.each([
    ['hub', 'durable', 40, 8],
    ['hub', 'writing', 10, 8],
    ['agent', 'durable', 20, 3],
    ['agent', 'writing', 8, 4],
  ] as const)(
    `the %s, killed at %s system calls of a backup, leaves a clean vault and backups that restore (seed ${seed})`,
    async (victim, calls, mostRounds, least) => {
      expect(await playCrashRounds({ victim, calls, mostRounds, seed, tell: console.log })).toBeGreaterThanOrEqual(least)
    },
  )
})
