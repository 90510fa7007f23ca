import type { EntityManager } from '@mikro-orm/postgresql'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { StoredVault } from '../contents/open-vault.ts'
import { listRewritten, lockVersionsOf, setDeleted } from '../tables/keeping.queries.ts'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'
import { findVaultRecord } from '../tables/vaults.queries.ts'

const dayMs = 24 * 60 * 60 * 1000

/**
 * Of one backup one version is kept: where the store had more than the database knew, the one that was written last, for whoever wrote it had decided so. A held one stays in any case.
 * The others are deleted and can be had back for the vault's undo time. After a hub was killed in the moment of a rewriting, and when its database was lost or is older than the store.
 */
export async function settleVersions(
  { log, now }: { readonly log: Logger; readonly now: () => number },
  em: EntityManager,
  vault: Pick<StoredVault, 'id'>,
): Promise<void> {
  const undoDays = (await findVaultRecord(em, vault.id))?.undoDays ?? 0
  for (const rewritten of await listRewritten(em, vault.id)) {
    const kept = (await lockVersionsOf(em, rewritten)).filter(({ keeping }) => keeping.deleted === null).toSorted(byPrecedence)
    const [stays, ...others] = kept
    const going = others.filter(({ keeping }) => keeping.held === null).map(({ id }) => id)
    if (stays === undefined || going.length === 0) continue
    const at = new Date(now())
    await setDeleted(em, going, { at, by: 'Holdfast', undoUntil: new Date(at.getTime() + undoDays * dayMs), replacedBy: stays.id })
    log.warn(
      { event: 'snapshot.versions-settled', vaultId: vault.id, snapshotId: stays.id, replaced: going.length },
      'Of a backup that was written anew the newest version is kept; the others can be had back for a while',
    )
  }
}

/** Held ones first, then the newest; of the same moment the larger id, so that every hub finds the same. */
function byPrecedence(left: SnapshotRecord, right: SnapshotRecord): number {
  const held = Number(right.keeping.held !== null) - Number(left.keeping.held !== null)
  const newer = (right.rewritten?.atMs ?? 0) - (left.rewritten?.atMs ?? 0)
  return held || newer || (left.id < right.id ? 1 : -1)
}
