import { EngineError } from '@holdfast/engine/errors'
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

/** Its own cache: what people browse stays in theirs. */
interface AuditTools {
  readonly segments: SegmentReader
  readonly brake: Brake
}

const toolsFor = (deps: AuditDeps, signal: AbortSignal): AuditTools => ({ segments: new SegmentReader(deps), brake: new Brake(signal) })

/**
 * Looks through every snapshot that nobody has looked through, until there is none. What one needs without naming it counts as named from the moment its audit is
 * noted, and lives again if it was condemned. What the hub cannot read, devices do.
 *
 * @param onSnapshot after each
 * @throws EngineError `cancelled`, `store.*`; AppError `store.unavailable`, `vault.collection-unsafe` where no device is there to do it
 */
export async function auditAll(deps: DeviceAuditsDeps, vault: OpenVault, signal: AbortSignal, onSnapshot?: () => void): Promise<void> {
  if (!(vault instanceof ManagedVault)) return askDevices(deps, vault, signal, onSnapshot)
  const tools = toolsFor(deps, signal)
  for (;;) {
    if (signal.aborted) throw new EngineError('cancelled', 'Looking through snapshots was stopped.')
    const snapshot = await nextUnaudited(deps.database.em(), vault.id)
    if (snapshot === null) return
    const report = await lookThrough(deps, vault, snapshot, tools)
    await deps.database.transaction(async (em) => {
      await lockCollection(em, vault.id, 'shared')
      await noteAudit(deps, em, vault, { snapshot, report })
    })
    onSnapshot?.()
  }
}

/** The same within a transaction that holds the collection's lock: so that nobody commits another one meanwhile. For a few, and where the hub can. */
export async function auditLast(deps: AuditDeps, em: EntityManager, vault: OpenVault, signal: AbortSignal): Promise<void> {
  if (!(vault instanceof ManagedVault)) return
  const tools = toolsFor(deps, signal)
  for (let snapshot = await nextUnaudited(em, vault.id); snapshot !== null; snapshot = await nextUnaudited(em, vault.id)) {
    const report = await lookThrough(deps, vault, snapshot, tools)
    await noteAudit(deps, em, vault, { snapshot, report })
  }
}

async function lookThrough(deps: AuditDeps, vault: ManagedVault, snapshot: SnapshotRecord, tools: AuditTools): Promise<AuditReport> {
  return auditSnapshot({ vault, snapshot: requireOpened(snapshot), refset: await deps.refsets.aside(snapshot), ...tools })
}
