import type { AgentId } from '@holdfast/shared-types'
import { forgetDeclines } from './runs.queries.ts'
import type { RunsState } from './runs-state.ts'

/** A device has its hands free: what it declined for want of them may fit now, and is offered again. */
export async function freeHands(state: RunsState, agentId: AgentId): Promise<void> {
  await forgetDeclines(state.database.em(), agentId)
  state.offerSoon(agentId)
}
