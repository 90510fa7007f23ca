import type { Vault } from '@holdfast/shared-types'

/** Remembered answers of an older hub say nothing of either: that is no trouble. */
export function vaultTrouble({
  damage,
  packsLost,
  snapshotsLost,
  snapshotsDamaged,
}: Pick<Vault, 'damage' | 'packsLost' | 'snapshotsLost'> & { readonly snapshotsDamaged?: number | undefined }):
  | 'damaged'
  | 'files'
  | 'lost'
  | null {
  // Its files have names: more than that nobody says of it.
  if ((snapshotsDamaged ?? 0) > 0) return 'files'
  // A check finds what is missing, too, and says more of it.
  if ((damage?.problemCount ?? 0) > 0) return 'damaged'
  return packsLost + snapshotsLost > 0 ? 'lost' : null
}
