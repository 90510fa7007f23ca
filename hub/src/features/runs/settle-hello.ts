import { isEndState, type AgentHello, type AgentId, type RunId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { applyToRun } from './apply-to-run.ts'
import { findRun, lockHeldRuns } from './runs.queries.ts'
import type { RunsState } from './runs-state.ts'

/**
 * Compares what an agent says it has in hand with the hub's rows and settles each run to one truth, in the transaction of the hello.
 *
 * @returns runs that the agent must drop: unknown, another's, or taken back by the hub (their fence is old)
 */
export async function settleHello(
  state: RunsState,
  em: EntityManager,
  agentId: AgentId,
  hello: Pick<AgentHello, 'runsInHand'>,
): Promise<RunId[]> {
  const heldByRows = await lockHeldRuns(em, agentId)
  const dropRuns: RunId[] = []
  const inHand = new Set<RunId>()
  for (const { runId, fence, state: told } of hello.runsInHand) {
    const run = await findRun(em, runId)
    if (run === null || run.agentId !== agentId || run.fence !== fence) {
      dropRuns.push(runId)
      continue
    }
    inHand.add(runId)
    // Ended already under this very fence: the acknowledgement was lost, and the report comes again.
    if (!isEndState(run.state))
      await applyToRun(state, em, runId, { input: { type: 'in-hand', fence, isCommitting: told === 'committing' } })
  }
  for (const run of heldByRows) if (!inHand.has(run.id)) await applyToRun(state, em, run.id, { input: { type: 'agent-lost' } })
  return dropRuns
}
