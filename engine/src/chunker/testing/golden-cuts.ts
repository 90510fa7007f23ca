import { chunkerProfiles } from '../chunk-limits.ts'
import type { ChunkerProfile } from '../chunk-limits.ts'
import { nextCutJs } from '../fast-cdc-js.ts'
import { deriveGearTable } from '../gear-table.ts'
import type { BytePattern } from './seeded-bytes.ts'
import { seededBytes } from './seeded-bytes.ts'

/** One line of goldens/format-1/chunker.json. */
export interface GoldenCuts {
  readonly gearKeyHex: string
  readonly profile: ChunkerProfile
  readonly pattern: BytePattern
  readonly seed: number
  readonly sizeBytes: number
  /** Bytes of every chunk in order. */
  readonly chunkBytes: readonly number[]
}

export interface ChunkerGoldens {
  readonly gearKeyHex: string
  /** SHA-256 of the 2048 bytes of the table derived from `gearKeyHex`. */
  readonly gearTableSha256Hex: string
  readonly cuts: readonly GoldenCuts[]
}

/** The cuts of the JavaScript twin, which takes no short cut. */
export function cutsInJs(golden: Omit<GoldenCuts, 'chunkBytes'>): number[] {
  const table = deriveGearTable(Buffer.from(golden.gearKeyHex, 'hex'))
  const bytes = seededBytes(golden.pattern, golden.seed, golden.sizeBytes)
  const chunkBytes: number[] = []
  for (let at = 0; at < bytes.length; at += chunkBytes.at(-1)!) {
    chunkBytes.push(nextCutJs(table, chunkerProfiles[golden.profile], bytes.subarray(at), true))
  }
  return chunkBytes
}
