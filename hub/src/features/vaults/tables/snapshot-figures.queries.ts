import type { AgentId, Statistics } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'

interface Row {
  readonly count: string
  readonly oldest: Date | string | null
  readonly newest: Date | string | null
}

/** How many committed snapshots there are of a device, or of all, and from when to when. */
export async function snapshotFigures(em: EntityManager, agentId: AgentId | null): Promise<Statistics['snapshots']> {
  const [row] = await em.execute<Row[]>(
    `select count(*) as count, min(received_at) as oldest, max(received_at) as newest
     from snapshot where state = 'committed' ${agentId === null ? '' : 'and agent_id = ?'}`,
    agentId === null ? [] : [agentId],
  )
  return { count: Number(row?.count ?? 0), oldestAtMs: timeOf(row?.oldest), newestAtMs: timeOf(row?.newest) }
}

const timeOf = (at: Date | string | null | undefined): number | null => (at === null || at === undefined ? null : new Date(at).getTime())
