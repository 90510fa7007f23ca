import { randomInt } from 'node:crypto'
import { test } from 'vitest'
import { playDays } from './testing/simulated-days.ts'

// oxlint-disable-next-line node/no-process-env -- `npm run test:faults -- --seed S`
const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? randomInt(2 ** 31))

test(`a year of daily changes restores right at every snapshot (seed ${seed})`, async () => {
  await playDays({ days: 365, files: 400, seed })
})
