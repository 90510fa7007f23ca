import type { EntityManager } from '@mikro-orm/postgresql'
import { afterCommit } from '../../../platform/database/unit-of-work.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { rescueSegments } from '../contents/rescue-segments.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import type { ReadRangeDeps } from '../reading/read-pack-range.ts'
import { setAudited } from '../tables/collecting.queries.ts'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'
import type { AuditReport } from './audit-snapshot.ts'

export interface AuditDeps extends ReadRangeDeps {
  readonly refsets: SnapshotRefsets
  readonly now: () => number
}

export interface Audited {
  readonly snapshot: SnapshotRecord
  readonly report: AuditReport
}

/**
 * Writes down what was found, in a transaction that holds the collection's lock. What a snapshot needs without naming it lives again if it was condemned.
 * @returns false when some of what was found is not there any more: what is there is rescued, and the snapshot has to be looked through again
 */
export async function noteAudit(deps: AuditDeps, em: EntityManager, vault: OpenVault, { snapshot, report }: Audited): Promise<boolean> {
  const isAllNamed = report.unnamed.packCount === 0
  if (!isAllNamed && (await rescueSegments(em, vault.contents, report.unnamed, true)).missing > 0) return false
  await setAudited(em, snapshot.id, {
    at: new Date(deps.now()),
    unnamedRefset: isAllNamed ? null : report.unnamed.encode(),
    lackingBlobs: report.lacking,
  })
  afterCommit(em, () => {
    deps.refsets.setBeyond(snapshot.id, isAllNamed ? null : report.unnamed)
    tell(deps, vault, snapshot, report)
  })
  return true
}

function tell({ log }: AuditDeps, vault: OpenVault, snapshot: SnapshotRecord, { unnamed, lacking }: AuditReport): void {
  const about = { vaultId: vault.id, snapshotId: snapshot.id, agentId: snapshot.agentId }
  if (unnamed.packCount > 0 && vault.contents.hasLost)
    log.info(
      { event: 'snapshot.elsewhere', ...about, packs: unnamed.packCount },
      'Pieces of a snapshot are read elsewhere than it says: where it says, they are lost',
    )
  else if (unnamed.packCount > 0)
    log.error(
      { event: 'snapshot.named-too-little', ...about, packs: unnamed.packCount },
      'A device named less of its snapshot than its files need; what it left out is kept all the same. Update the agent, or look at who has its key',
    )
  if (lacking > 0) log.error({ event: 'snapshot.lacking', ...about, blobs: lacking }, 'Pieces that a snapshot needs are not in the vault')
}
