import { AppError, type AgentId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import type { AgentRow } from './agent.entity.ts'
import { lockAgentRow } from './agents.queries.ts'

/** The row of a device that somebody changes, which the audit log names. @throws AppError `agent.not-found` */
export async function lockDevice(em: EntityManager, agentId: AgentId): Promise<AgentRow> {
  const row = await lockAgentRow(em, agentId)
  if (row === null) throw new AppError('agent.not-found')
  tellAudit({ object: { kind: 'device', id: row.id, name: row.name } })
  return row
}
