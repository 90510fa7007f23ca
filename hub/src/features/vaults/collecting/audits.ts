import { EngineError } from '@holdfast/engine/errors'
import type { Database } from '../../../platform/database/database.ts'
import { afterCommit } from '../../../platform/database/unit-of-work.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { ManagedVault } from '../contents/managed-vault.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import { SegmentReader } from '../reading/segment-reader.ts'
import { lockCollection, nextUnaudited, setAudited } from '../tables/collecting.queries.ts'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'
import { Brake } from '../usage/brake.ts'
import { auditSnapshot, type AuditReport } from './audit-snapshot.ts'
import { rescueSegments } from './rescue-segments.ts'

export interface AuditDeps {
  readonly database: Database
  readonly refsets: SnapshotRefsets
  readonly log: Logger
  readonly now: () => number
}

/**
 * Looks through every snapshot that nobody has looked through, until there is none. What one needs without naming it counts as named from the moment its audit is
 * noted, and lives again if it was condemned.
 *
 * @param onSnapshot after each; @throws EngineError `cancelled`, `store.*`; AppError `store.unavailable`
 */
export async function auditAll(deps: AuditDeps, vault: ManagedVault, signal: AbortSignal, onSnapshot?: () => Promise<void>): Promise<void> {
  // Its own cache: what people browse stays in theirs.
  const segments = new SegmentReader(deps)
  const brake = new Brake(signal)
  for (;;) {
    if (signal.aborted) throw new EngineError('cancelled', 'Looking through snapshots was stopped.')
    const snapshot = await nextUnaudited(deps.database.em(), vault.id)
    if (snapshot === null) return
    const refset = await deps.refsets.aside(snapshot)
    await note(deps, vault, snapshot, await auditSnapshot({ vault, snapshot, refset, segments, brake }))
    await onSnapshot?.()
  }
}

async function note(
  { database, refsets, log, now }: AuditDeps,
  vault: ManagedVault,
  snapshot: SnapshotRecord,
  { unnamed, lacking }: AuditReport,
): Promise<void> {
  const isAllNamed = unnamed.packCount === 0
  await database.transaction(async (em) => {
    await lockCollection(em, vault.id, 'shared')
    if (!isAllNamed) await rescueSegments(em, vault.contents, unnamed, true)
    await setAudited(em, snapshot.id, {
      at: new Date(now()),
      unnamedRefset: isAllNamed ? null : unnamed.encode(),
      lackingBlobs: lacking,
    })
    afterCommit(em, () => refsets.setBeyond(snapshot.id, isAllNamed ? null : unnamed))
  })
  const about = { vaultId: vault.id, snapshotId: snapshot.id, agentId: snapshot.agentId }
  if (!isAllNamed && vault.contents.hasLost)
    log.info(
      { event: 'snapshot.elsewhere', ...about, packs: unnamed.packCount },
      'Pieces of a snapshot are read elsewhere than it says: where it says, they are lost',
    )
  else if (!isAllNamed)
    log.error(
      { event: 'snapshot.named-too-little', ...about, packs: unnamed.packCount },
      'A device named less of its snapshot than its files need; what it left out is kept all the same. Update the agent, or look at who has its key',
    )
  if (lacking > 0) log.error({ event: 'snapshot.lacking', ...about, blobs: lacking }, 'Pieces that a snapshot needs are not in the vault')
}
