import { AppError, AgentId, type AgentId as Id, type Device } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import type { HubServices } from '../../platform/services.ts'
import { AgentEntity } from './agent.entity.ts'
import { presentDevice } from './agents.present.ts'
import { deleteAgentRow } from './agents.queries.ts'
import { tellDevice } from './device-changes.ts'
import { lockDevice } from './lock-device.ts'

/** What administration of devices asks of others. */
export interface DeviceDoors {
  /** Ends all runs of a device in the transaction of `em`: none of them can commit afterwards. @param by whom their logs name */
  endRuns(em: EntityManager, agentId: Id, by: string): Promise<void>
  /** Whether any committed snapshot of the device is kept. */
  hasSnapshots(em: EntityManager, agentId: Id): Promise<boolean>
}

export interface DeviceDeps extends Pick<HubServices, 'database' | 'live' | 'domainEvents' | 'now'> {
  readonly doors: DeviceDoors
}

/**
 * Cuts a device off for good. With the commit it is refused on the link and by HTTP, and none of its runs can commit; its link is cut
 * right after. Its snapshots stay. Again: nothing changes.
 *
 * @throws AppError `agent.not-found`
 */
export function revokeDevice({ database, live, domainEvents, now, doors }: DeviceDeps, agentId: Id, by: string): Promise<Device> {
  return database.transaction(async (em) => {
    // The device's row first: agent, then run, then live topics.
    const row = await lockDevice(em, agentId)
    // Also the second time: a link that came up between commit and cut by a killed hub ends now.
    afterCommit(em, () => domainEvents.emit('agent.revoked', { agentId }))
    if ((row.revokedAt ?? null) !== null) return presentDevice(row)
    em.assign(row, { revokedAt: new Date(now()), online: false })
    await em.flush()
    await doors.endRuns(em, agentId, by)
    tellDevice(em, live, row)
    return presentDevice(row)
  })
}

/** Removes a revoked device with its runs. @throws AppError `agent.not-found`, `agent.not-revoked`, `agent.has-snapshots` */
export function removeDevice({ database, live, doors }: DeviceDeps, agentId: Id): Promise<void> {
  return database.transaction(async (em) => {
    const row = await lockDevice(em, agentId)
    if ((row.revokedAt ?? null) === null) throw new AppError('agent.not-revoked')
    if (await doors.hasSnapshots(em, agentId)) throw new AppError('agent.has-snapshots')
    await deleteAgentRow(em, agentId)
    live.append(em, 'devices', 'device.removed', { id: agentId })
  })
}

/**
 * A device as a person on the command line names it: by its id, or by its name if no other in use has it.
 *
 * @throws AppError `agent.not-found`, `agent.ambiguous`
 */
export async function findNamedDevice(em: EntityManager, wanted: string): Promise<Id> {
  const id = AgentId.safeParse(wanted.toLowerCase())
  if (id.success && (await em.count(AgentEntity, { id: id.data })) > 0) return id.data
  const rows = await em.find(AgentEntity, { name: wanted })
  const inUse = rows.filter((row) => (row.revokedAt ?? null) === null)
  const [only, ...others] = inUse.length > 0 ? inUse : rows
  if (only === undefined) throw new AppError('agent.not-found', { cure: 'Give the name or id that the console shows.' })
  if (others.length > 0) throw new AppError('agent.ambiguous')
  return only.id
}
