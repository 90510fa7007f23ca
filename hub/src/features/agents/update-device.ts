import type { AgentId, Api, BodyOfRoute, Device } from '@holdfast/shared-types'
import { orderRules } from '../../platform/access/access-rules.ts'
import { requireAccess } from '../../platform/access/require-access.ts'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import type { UserActor } from '../../platform/http/actor.ts'
import type { HubServices } from '../../platform/services.ts'
import type { AgentRow } from './agent.entity.ts'
import { presentDevice } from './agents.present.ts'
import { tellDevice } from './device-changes.ts'
import { lockDevice } from './lock-device.ts'
import type { LimitsTeller } from './tell-limits.ts'

export type DeviceChange = BodyOfRoute<Api['updateDevice']>

interface UpdateDeps extends Pick<HubServices, 'database' | 'live'> {
  readonly limits: LimitsTeller
}

/**
 * Changes what is said; with the commit a linked device is told of new limits, any other one when it links.
 *
 * @throws AppError `agent.not-found`, `access.denied`, `agent.outdated` for a limit that the linked agent is too old to heed
 */
export function updateDevice(
  { database, live, limits }: UpdateDeps,
  actor: UserActor,
  agentId: AgentId,
  change: DeviceChange,
): Promise<Device> {
  if (change.name !== undefined || change.tags !== undefined) requireAccess(orderRules.nameDevice, actor)
  return database.transaction(async (em) => {
    const row = await lockDevice(em, agentId)
    if (typeof change.limits?.uploadBytesPerSecond === 'number') limits.requireHeeded(agentId)
    tellAudit({ details: detailsOf(row, change) })
    const { limits: changedLimits, ...named } = change
    em.assign(row, said({ ...named, ...changedLimits }))
    await em.flush()
    tellDevice(em, live, row)
    if (changedLimits !== undefined) afterCommit(em, () => void limits.tell(agentId))
    return presentDevice(row)
  })
}

/** Without what was left out. */
const said = <T extends object>(change: T): Said<T> =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Said<T>
type Said<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function detailsOf(row: AgentRow, { name, tags, limits }: DeviceChange) {
  const { uploadBytesPerSecond, isBackground } = limits ?? {}
  return {
    ...(name === undefined ? {} : { nameBefore: row.name, name }),
    ...(tags === undefined ? {} : { tagsBefore: row.tags.join(', '), tags: tags.join(', ') }),
    ...(uploadBytesPerSecond === undefined ? {} : { uploadBytesPerSecondBefore: row.uploadBytesPerSecond ?? null, uploadBytesPerSecond }),
    ...(isBackground === undefined ? {} : { isBackgroundBefore: row.isBackground, isBackground }),
  }
}
