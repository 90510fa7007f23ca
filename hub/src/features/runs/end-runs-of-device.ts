import type { AgentId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { applyToRun } from './apply-to-run.ts'
import type { RunsState } from './runs-state.ts'
import { listUnfinishedIds } from './runs.queries.ts'

/**
 * Ends every run of a device that must not go on, whatever it has in hand: waiting ones are cancelled, held ones too, with a raised
 * fence, so that none can report or commit any more. A run whose snapshot is committed already ends as what it is.
 */
export async function endRunsOfDevice(state: RunsState, em: EntityManager, agentId: AgentId, by: string): Promise<void> {
  for (const runId of await listUnfinishedIds(em, agentId))
    await applyToRun(state, em, runId, {
      // Not to be asked: it is never heard again.
      input: { type: 'cancel', isReachable: false },
      stillHolds: (run) => run.finishedAt === null || run.finishedAt === undefined,
      explain: `${by}, who revoked the device`,
    })
}
