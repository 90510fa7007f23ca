import { test } from 'vitest'
import { playKeeping } from './testing/keeping-rounds.ts'
import { testSeed } from './testing/test-seed.ts'

test(`what is deleted stays in the newest snapshot, marked, whatever else happens (seed ${testSeed})`, async () => {
  await playKeeping(60, testSeed)
}, 180_000)
