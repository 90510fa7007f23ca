/**
 * Wrote engine/goldens/format-1/chunker.json: `node -C @holdfast/source engine/src/chunker/testing/write-golden-cuts.ts`.
 * Other cut points than the committed ones are another format: since it is frozen, this refuses (docs/vault-format.md §6).
 */
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { requireNotFrozen } from '../../../goldens/format-1/freeze.ts'
import type { ChunkerProfile } from '../chunk-limits.ts'
import { deriveGearTable } from '../gear-table.ts'
import { cutsInJs } from './golden-cuts.ts'
import type { ChunkerGoldens, GoldenCuts } from './golden-cuts.ts'
import type { BytePattern } from './seeded-bytes.ts'

requireNotFrozen()

const MiB = 1024 * 1024
const firstKeyHex = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'
const otherKeyHex = 'ff'.repeat(32)

const inputs: [string, ChunkerProfile, BytePattern, number, number][] = [
  [firstKeyHex, 'standard', 'random', 1, 16 * MiB],
  [firstKeyHex, 'standard', 'text', 2, 12 * MiB + 1],
  [firstKeyHex, 'standard', 'zero', 1, 9 * MiB],
  [firstKeyHex, 'standard', 'two-values', 3, 8 * MiB],
  [firstKeyHex, 'standard', 'repeat-4099', 4, 9 * MiB],
  // The borders of the minimum: nothing is cut up to it, and one byte more is looked at.
  [firstKeyHex, 'standard', 'random', 5, MiB / 4],
  [firstKeyHex, 'standard', 'random', 5, MiB / 4 + 1],
  [firstKeyHex, 'fine', 'random', 1, 4 * MiB],
  [firstKeyHex, 'fine', 'text', 2, 2 * MiB],
  [otherKeyHex, 'standard', 'random', 1, 16 * MiB],
  [otherKeyHex, 'fine', 'random', 1, 4 * MiB],
]

const cuts = inputs.map(([gearKeyHex, profile, pattern, seed, sizeBytes]): GoldenCuts => {
  const input = { gearKeyHex, profile, pattern, seed, sizeBytes }
  return Object.assign(input, { chunkBytes: cutsInJs(input) })
})
const gearTableSha256Hex = createHash('sha256')
  .update(deriveGearTable(Buffer.from(firstKeyHex, 'hex')))
  .digest('hex')
const goldens: ChunkerGoldens = { gearKeyHex: firstKeyHex, gearTableSha256Hex, cuts }
const lines = JSON.stringify(goldens, null, 2).replace(/\[[\d,\s]+\]/g, (list) => list.replace(/\s+/g, ' '))
await writeFile(new URL('../../../goldens/format-1/chunker.json', import.meta.url), lines + '\n')
