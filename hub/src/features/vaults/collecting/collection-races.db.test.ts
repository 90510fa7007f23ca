import { expect, test } from 'vitest'
import { RaceRounds } from '../testing/race-rounds.ts'

/** A thousand of them: collection-races.faults.ts. */
test('backups, deletions and collections at once, with a hub that is killed, lose nothing', async () => {
  const rounds = await RaceRounds.open()
  try {
    for (let seed = 1; seed <= 25; seed++) await rounds.play(seed)
    expect(rounds.kills).toBeGreaterThan(3)
    expect(rounds.removed).toBeGreaterThan(0)
  } finally {
    await rounds.close()
  }
})
