import { createHmac } from 'node:crypto'
import { invariant } from '../errors/index.ts'

const label = 'holdfast-gear-1'
const blockCount = 64

/**
 * The 256 random 64-bit numbers of a keyed chunker, as 2048 bytes, each number little-endian.
 *
 * Block i of 32 bytes (i = 0…63) = HMAC-SHA-256(gearKey, "holdfast-gear-1" ‖ u32 little-endian i); entry b is at byte 8·b.
 * The key keeps cut points from telling which known file is being backed up to somebody who sees only sizes; it is a
 * mitigation and no proof (keyed Gear is linear: docs/threat-model.md).
 *
 * @param gearKey 32 bytes, `K_cdc` of the domain.
 */
export function deriveGearTable(gearKey: Uint8Array): Uint8Array {
  invariant(gearKey.length === 32, 'a gear key has 32 bytes')
  const table = new Uint8Array(blockCount * 32)
  const counter = new Uint8Array(4)
  for (let block = 0; block < blockCount; block++) {
    counter[0] = block
    table.set(createHmac('sha256', gearKey).update(label).update(counter).digest(), block * 32)
  }
  return table
}
