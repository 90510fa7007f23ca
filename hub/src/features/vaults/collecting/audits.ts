import { AppError } from '@holdfast/shared-types'
import { EngineError, isEngineError } from '@holdfast/engine/errors'
import type { EntityManager } from '@mikro-orm/postgresql'
import { ManagedVault } from '../contents/managed-vault.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { requireOpened } from '../contents/snapshot-record.ts'
import { SegmentReader } from '../reading/segment-reader.ts'
import { lockCollection, nextUnaudited } from '../tables/collecting.queries.ts'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'
import { Brake } from '../usage/brake.ts'
import { auditSnapshot, type AuditReport } from './audit-snapshot.ts'
import { askDevices, type DeviceAuditsDeps } from './device-audits.ts'
import { noteAudit, type AuditDeps } from './note-audit.ts'

export type { AuditDeps } from './note-audit.ts'

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
 * noted, and lives again if it was condemned. What the hub cannot read, devices do.
 *
 * @param onSnapshot after each
 * @throws EngineError `cancelled`, `store.*`; AppError `store.unavailable`, `vault.collection-unsafe` where no device is there to do it
 */
export async function auditAll(deps: DeviceAuditsDeps, vault: OpenVault, signal: AbortSignal, onSnapshot?: () => void): Promise<void> {
  if (!(vault instanceof ManagedVault)) return askDevices(deps, vault, signal, onSnapshot)
  const tools: AuditTools = { segments: new SegmentReader(deps), brake: new Brake(signal) }
  let inVain = 0
  for (;;) {
    if (signal.aborted) throw new EngineError('cancelled', 'Looking through snapshots was stopped.')
    const snapshot = await nextUnaudited(deps.database.em(), vault.id)
    if (snapshot === null) return
    const report = await lookThrough(deps, vault, snapshot, tools)
    const isNoted = await deps.database.transaction(async (em) => {
      await lockCollection(em, vault.id, 'shared')
      return noteAudit(deps, em, vault, { snapshot, report })
    })
    if (!isNoted && ++inVain === mostInVain) throw unsettled(snapshot)
    if (isNoted) inVain = 0
    if (isNoted) onSnapshot?.()
  }
}

/**
 * The same within a transaction that holds the collection's lock: so that nobody commits another one meanwhile. For a few, where the hub can, and not for long: what is not through by
 * then is left to `auditAll`, and what is stays noted.
 */
export async function auditLast(deps: AuditDeps, em: EntityManager, vault: OpenVault, signal: AbortSignal): Promise<void> {
  if (!(vault instanceof ManagedVault)) return
  const enough = AbortSignal.any([signal, AbortSignal.timeout(mostHeldMs)])
  const tools: AuditTools = { segments: new SegmentReader(deps), brake: new Brake(enough, 'yielding') }
  for (let snapshot = await nextUnaudited(em, vault.id); snapshot !== null; snapshot = await nextUnaudited(em, vault.id)) {
    const report = await unlessAborted(lookThrough(deps, vault, snapshot, tools), enough)
    if (signal.aborted) throw new EngineError('cancelled', 'Looking through snapshots was stopped.')
    if (report === null || !(await noteAudit(deps, em, vault, { snapshot, report }))) return
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
  return auditSnapshot({ vault, snapshot: requireOpened(snapshot), refset: await deps.refsets.aside(snapshot), ...tools })
}

const unsettled = ({ id }: SnapshotRecord): AppError =>
  new AppError('vault.collection-unsafe', {
    message: `Where pieces of snapshot ${id} lie could not be settled: they were found in packs that are not there. Nothing was removed.`,
    cure: 'It is tried again by itself. If it stays so, restart the hub, and see `holdfast-hub fsck`.',
    context: { snapshotId: id },
  })
