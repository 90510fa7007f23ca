import type { CareKind } from '@holdfast/shared-types'

/**
 * When the clock brings each, in the hub's time zone; null = only when there is something to do. At night, one after the other, and what needs others' work after it: snapshots are looked
 * through before a collection needs that, and devices drill when the vault is left alone again.
 */
export const careCrons: Readonly<Record<CareKind, string | null>> = {
  list: '10 0 * * *',
  audit: '30 0 * * *',
  sample: '0 1 * * *',
  scrub: '30 1 * * *',
  collection: '10 3 * * *',
  drills: '40 4 * * *',
  damage: null,
  // After each audit that finds damage.
  healing: null,
}

/** Of the queue. */
export const jobKindOf = (kind: CareKind): string => `vault-${kind}`
