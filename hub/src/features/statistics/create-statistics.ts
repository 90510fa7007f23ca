import type { AgentId, Statistics } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Feature } from '../../platform/http/define-feature.ts'
import type { HubServices } from '../../platform/services.ts'
import { requireAgentRow } from '../agents/index.ts'

/** What others know; null = of all devices. */
export interface StatisticsDeps {
  runFigures(em: EntityManager, agentId: AgentId | null, nowMs: number): Promise<Pick<Statistics, 'kinds' | 'lastSuccesses' | 'days'>>
  snapshotFigures(em: EntityManager, agentId: AgentId | null): Promise<Statistics['snapshots']>
}

/** How runs went lately, of one device and of all. */
export function createStatistics({ database, now }: Pick<HubServices, 'database' | 'now'>, deps: StatisticsDeps): Feature {
  const statisticsOf = (agentId: AgentId | null): Promise<Statistics> =>
    // One sight of the database for all of it: figures that stand side by side have to agree.
    database.transaction(
      async (em) => {
        const atMs = now()
        return { atMs, ...(await deps.runFigures(em, agentId, atMs)), snapshots: await deps.snapshotFigures(em, agentId) }
      },
      { isolation: 'repeatable read', readOnly: true },
    )
  return {
    name: 'statistics',
    routes: {
      getDeviceStatistics: async ({ em, actor, params }) => {
        await requireAgentRow(em, actor, params.agentId)
        return statisticsOf(params.agentId)
      },
      getStatistics: () => statisticsOf(null),
    },
  }
}
