import { expect, test } from 'vitest'
import { RaceRounds } from '../testing/race-rounds.ts'

/** With `HOLDFAST_ROUNDS=N` another number, and with `HOLDFAST_SEED=N` from another one on. */
const rounds = Number(process.env['HOLDFAST_ROUNDS'] ?? 950)
const firstSeed = Number(process.env['HOLDFAST_SEED'] ?? 1000)
/** A vault that has seen so much begins anew. */
const roundsPerVault = 50

test(
  `${rounds} rounds of backups, deletions and collections at once, with a hub that is killed, lose nothing`,
  { timeout: 3_600_000 },
  async () => {
    const total = { kills: 0, removed: 0, moved: 0 }
    for (let seed = firstSeed; seed < firstSeed + rounds; seed += roundsPerVault) {
      const races = await RaceRounds.open()
      try {
        for (let round = 0; round < Math.min(roundsPerVault, firstSeed + rounds - seed); round++) await races.play(seed + round)
        total.kills += races.kills
        total.removed += races.removed
        total.moved += races.moved
      } finally {
        await races.close()
      }
    }
    process.stderr.write(`${rounds} rounds: ${total.kills} kills, ${total.removed} packs removed, ${total.moved} bytes moved\n`)
    expect(total.kills).toBeGreaterThan(rounds / 10)
    expect(total.removed).toBeGreaterThan(rounds / 10)
  },
)
