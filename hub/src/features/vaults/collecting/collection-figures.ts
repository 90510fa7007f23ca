import type { VaultCollection } from '@holdfast/shared-types'
import type { Chosen } from './choose-packs.ts'

/** More than this of a vault goes only when a person says so: whoever runs a wrong rule over their snapshots notices in time. */
export const mostPercent = 20

/** What was settled before is freed too, but nothing more is lost with it: it is no reason to ask. */
export function figuresOf({ packs, bytes }: Chosen): Pick<VaultCollection, 'packsFound' | 'bytesFound' | 'percentFound'> {
  const dead = packs.reduce((sum, { deadBytes }) => sum + deadBytes, 0)
  const settled = packs.reduce((sum, { settledBytes }) => sum + settledBytes, 0)
  return { packsFound: packs.length, bytesFound: dead + settled, percentFound: bytes === 0 ? 0 : Math.round((dead / bytes) * 1000) / 10 }
}
