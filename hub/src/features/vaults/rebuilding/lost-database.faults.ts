import { expect, test } from 'vitest'
import { loseDatabaseAt } from '../testing/lost-database.ts'

/** A collection of so little never has as many. */
const mostSteps = 200

test.each(['start', 'rebuild'] as const)(
  'a database that is lost at any step of a collection loses nothing: %s',
  { timeout: 3_600_000 },
  async (recovery) => {
    let step = 1
    while (step < mostSteps && (await loseDatabaseAt(step, recovery))) step++
    expect(step).toBeGreaterThan(20)
    expect(step).toBeLessThan(mostSteps)
  },
)
