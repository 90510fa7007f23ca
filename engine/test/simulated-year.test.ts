import { test } from 'vitest'
import { playDays } from './testing/simulated-days.ts'
import { testSeed } from './testing/test-seed.ts'

test(`sixteen days of daily changes restore right at every snapshot (seed ${testSeed})`, async () => {
  await playDays({ days: 16, files: 100, seed: testSeed })
}, 180_000)
