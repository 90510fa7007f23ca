import { activeRunStates, AppError, type AgentId, type RunId, type SnapshotId, type VerifyResult } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { findAgentKept } from '../agents/index.ts'
import { orderRun } from './order-run.ts'
import { queueTransaction } from './queue-transaction.ts'
import { RunEntity } from './run.entity.ts'
import type { RunsState } from './runs-state.ts'
import { findRun } from './runs.queries.ts'

/**
 * Asks a device, in the hub's name, to look through a snapshot of a private vault.
 * @param fromAgentId the device that made it, where it is another one
 * @throws AppError `agent.not-found`, `run.already-active` when it is asked to read this snapshot already
 */
export async function orderAudit(state: RunsState, agentId: AgentId, snapshotId: SnapshotId, fromAgentId: AgentId | null): Promise<void> {
  await queueTransaction(state, async (em) => {
    if ((await findAgentKept(em, agentId)) === null) throw new AppError('agent.not-found')
    const request = { kind: 'verify', snapshotId, audit: true, ...(fromAgentId === null ? {} : { fromAgentId }) } as const
    await orderRun(state, em, { agentId, request, requestedBy: 'Holdfast', trigger: 'audit', plan: null })
  })
}

/** Those that wait or are under way. */
export async function openAudits(em: EntityManager): Promise<{ snapshotId: SnapshotId; agentId: AgentId }[]> {
  const rows = await em.find(RunEntity, { kind: 'verify', state: { $in: [...activeRunStates] } }, { fields: ['agentId', 'request'] })
  return rows.flatMap(({ agentId, request }) =>
    request.kind === 'verify' && request.audit === true ? [{ snapshotId: request.snapshotId, agentId }] : [],
  )
}

export interface ToldAudit {
  readonly snapshotId: SnapshotId
  readonly audit: NonNullable<VerifyResult['audit']>
  readonly problems: number
}

/** What a device found that was asked to, and came to its end; null for any other run. */
export async function auditOf(em: EntityManager, runId: RunId): Promise<ToldAudit | null> {
  const run = await findRun(em, runId)
  if (run?.request.kind !== 'verify' || run.request.audit !== true || run.result?.kind !== 'verify') return null
  const { audit, problems } = run.result
  return audit === undefined ? null : { snapshotId: run.request.snapshotId, audit, problems }
}
