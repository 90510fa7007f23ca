import type { Vault } from '@holdfast/shared-types'

/** Remembered answers of an older hub say nothing of either: that is no trouble. */
export function vaultTrouble({
  damage,
  packsLost,
  snapshotsLost,
}: Pick<Vault, 'damage' | 'packsLost' | 'snapshotsLost'>): 'damaged' | 'lost' | null {
  // A check finds what is missing, too, and says more of it.
  if ((damage?.problemCount ?? 0) > 0) return 'damaged'
  return packsLost + snapshotsLost > 0 ? 'lost' : null
}
