import type { RunEvent, RunId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { RunEventEntity } from './run.entity.ts'

/** The states a run went through after a step, in order. */
export async function readRunEvents(
  em: EntityManager,
  runId: RunId,
  after: number,
  limit: number,
): Promise<{ items: RunEvent[]; hasMore: boolean }> {
  const rows = await em.find(RunEventEntity, { runId, n: { $gt: after } }, { orderBy: { n: 'asc' }, limit: limit + 1 })
  const items = rows.slice(0, limit).map(({ n, at, input, fromState, toState, fence, reason }) => ({
    n,
    atMs: at.getTime(),
    input,
    fromState,
    toState,
    fence,
    reason: reason ?? null,
  }))
  return { items, hasMore: rows.length > limit }
}
