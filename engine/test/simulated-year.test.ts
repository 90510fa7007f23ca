import { randomInt } from 'node:crypto'
import { test } from 'vitest'
import { playDays } from './testing/simulated-days.ts'

// oxlint-disable-next-line node/no-process-env -- makes a run repeatable
const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? randomInt(2 ** 31))

test(`a month of daily changes restores right at every snapshot (seed ${seed})`, async () => {
  await playDays({ days: 30, files: 150, seed })
}, 60_000)
