import { AppError } from '@holdfast/shared-types'
import { EngineError, isEngineError } from '@holdfast/engine/errors'
import type { EntityManager } from '@mikro-orm/postgresql'
import { afterCommit } from '../../../platform/database/unit-of-work.ts'
import type { ManagedVault } from '../contents/managed-vault.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import type { ReadRangeDeps } from '../reading/read-pack-range.ts'
import { SegmentReader } from '../reading/segment-reader.ts'
import { lockCollection, nextUnaudited, setAudited } from '../tables/collecting.queries.ts'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'
import { Brake } from '../usage/brake.ts'
import { auditSnapshot, type AuditReport } from './audit-snapshot.ts'
import { rescueSegments } from '../contents/rescue-segments.ts'

export interface AuditDeps extends ReadRangeDeps {
  readonly refsets: SnapshotRefsets
  readonly now: () => number
}

/** A pack that was there when it was looked through, and not when that is noted, was lost or removed in between: seldom twice in a row. */
const mostInVain = 4

/** Its own cache: what people browse stays in theirs. */
interface AuditTools {
  readonly segments: SegmentReader
  readonly brake: Brake
}

/** Commits wait for it: some 100,000 files, more than come between two looks. */
const mostHeldMs = 500

/**
 * Looks through every snapshot that nobody has looked through, until there is none. What one needs without naming it counts as named from the moment its audit is
 * noted, and lives again if it was condemned.
 *
 * @param onSnapshot after each
 * @throws EngineError `cancelled`, `store.*`; AppError `store.unavailable`
 */
export async function auditAll(deps: AuditDeps, vault: ManagedVault, signal: AbortSignal, onSnapshot?: () => void): Promise<void> {
  const tools: AuditTools = { segments: new SegmentReader(deps), brake: new Brake(signal) }
  let inVain = 0
  for (;;) {
    if (signal.aborted) throw new EngineError('cancelled', 'Looking through snapshots was stopped.')
    const snapshot = await nextUnaudited(deps.database.em(), vault.id)
    if (snapshot === null) return
    const report = await lookThrough(deps, vault, snapshot, tools)
    const isNoted = await deps.database.transaction(async (em) => {
      await lockCollection(em, vault.id, 'shared')
      return note(deps, em, vault, { snapshot, report })
    })
    if (!isNoted && ++inVain === mostInVain) throw unsettled(snapshot)
    if (isNoted) inVain = 0
    if (isNoted) onSnapshot?.()
  }
}

/**
 * The same within a transaction that holds the collection's lock: so that nobody commits another one meanwhile. For a few, and not for long: what is not through by then is left to
 * `auditAll`, and what is stays noted.
 */
export async function auditLast(deps: AuditDeps, em: EntityManager, vault: ManagedVault, signal: AbortSignal): Promise<void> {
  const enough = AbortSignal.any([signal, AbortSignal.timeout(mostHeldMs)])
  const tools: AuditTools = { segments: new SegmentReader(deps), brake: new Brake(enough, 'yielding') }
  for (let snapshot = await nextUnaudited(em, vault.id); snapshot !== null; snapshot = await nextUnaudited(em, vault.id)) {
    const report = await unlessAborted(lookThrough(deps, vault, snapshot, tools), enough)
    if (signal.aborted) throw new EngineError('cancelled', 'Looking through snapshots was stopped.')
    if (report === null || !(await note(deps, em, vault, { snapshot, report }))) return
  }
}

/** Also where the work itself waits for a slow store, and cannot end; it ends at its next step, and nobody hears of it. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  const { promise: isOver, resolve } = Promise.withResolvers<null>()
  const giveUp = (): void => resolve(null)
  signal.addEventListener('abort', giveUp, { once: true })
  if (signal.aborted) giveUp()
  try {
    return await Promise.race([work, isOver])
  } catch (error) {
    if (signal.aborted && isEngineError(error, 'cancelled')) return null
    throw error
  } finally {
    signal.removeEventListener('abort', giveUp)
    work.catch(() => undefined)
  }
}

async function lookThrough(deps: AuditDeps, vault: ManagedVault, snapshot: SnapshotRecord, tools: AuditTools): Promise<AuditReport> {
  return auditSnapshot({ vault, snapshot, refset: await deps.refsets.aside(snapshot), ...tools })
}

interface Audited {
  readonly snapshot: SnapshotRecord
  readonly report: AuditReport
}

/** @returns false when some of what was found is not there any more: what is there is rescued, and the snapshot has to be looked through again */
async function note(deps: AuditDeps, em: EntityManager, vault: ManagedVault, { snapshot, report }: Audited): Promise<boolean> {
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

const unsettled = ({ id }: SnapshotRecord): AppError =>
  new AppError('vault.collection-unsafe', {
    message: `Where pieces of snapshot ${id} lie could not be settled: they were found in packs that are not there. Nothing was removed.`,
    cure: 'It is tried again by itself. If it stays so, restart the hub, and see `holdfast-hub fsck`.',
    context: { snapshotId: id },
  })

function tell({ log }: AuditDeps, vault: ManagedVault, snapshot: SnapshotRecord, { unnamed, lacking }: AuditReport): void {
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
