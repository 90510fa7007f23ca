import { test } from 'vitest'
import { playDays } from './testing/simulated-days.ts'
import { testSeed } from './testing/test-seed.ts'

test(`a year of daily changes restores right at every snapshot (seed ${testSeed})`, async () => {
  await playDays({ days: 365, files: 250, seed: testSeed })
})
