import type { AgentId, DrillSample, RunOutcome, SnapshotId } from '@holdfast/shared-types'
import { AppError, endRunStates } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { findAgentKept } from '../agents/index.ts'
import { orderRun } from './order-run.ts'
import { queueTransaction } from './queue-transaction.ts'
import type { RunsState } from './runs-state.ts'

/**
 * Asks a device to restore a sample of one of its own snapshots, in the hub's name.
 * @throws AppError `agent.not-found`, `run.already-active` when a verification of this snapshot waits already
 */
export async function orderDrill(state: RunsState, agentId: AgentId, snapshotId: SnapshotId, sample: DrillSample): Promise<void> {
  await queueTransaction(state, async (em) => {
    if ((await findAgentKept(em, agentId)) === null) throw new AppError('agent.not-found')
    const request = { kind: 'verify', snapshotId, sample } as const
    await orderRun(state, em, { agentId, request, requestedBy: 'Holdfast', trigger: 'drill', plan: null })
  })
}

export interface LastVerification {
  readonly orderedAtMs: number
  /** It waits or is under way. */
  readonly isOpen: boolean
}

/** The newest of each device, however it went or goes. One that reads lists alone is none. */
export async function lastVerifications(em: EntityManager): Promise<ReadonlyMap<AgentId, LastVerification>> {
  const rows = await em.execute<{ agent_id: AgentId; created_at: Date | string; state: RunOutcome }[]>(
    `select distinct on (agent_id) agent_id, created_at, state from run where kind = 'verify' and request -> 'audit' is null
     order by agent_id, created_at desc`,
  )
  return new Map(
    rows.map((row) => [row.agent_id, { orderedAtMs: new Date(row.created_at).getTime(), isOpen: !endRunStates.includes(row.state) }]),
  )
}

/** When each device, or one, last proved that its backups can be read back: by a drill, or a whole verification, that found nothing wrong. */
export async function lastProofs(em: EntityManager, agentId: AgentId | null): Promise<ReadonlyMap<AgentId, number>> {
  const rows = await em.execute<{ agent_id: AgentId; at: Date | string }[]>(
    `select agent_id, max(finished_at) as at from run
     where kind = 'verify' and request -> 'audit' is null and state in ('succeeded', 'warning') and result ->> 'problems' = '0' ${agentId === null ? '' : 'and agent_id = ?'}
     group by agent_id`,
    agentId === null ? [] : [agentId],
  )
  return new Map(rows.map((row) => [row.agent_id, new Date(row.at).getTime()]))
}
