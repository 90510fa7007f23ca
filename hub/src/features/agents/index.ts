import { AgentEntity } from './agent.entity.ts'

export const agentEntities = [AgentEntity] as const
export { AgentEntity } from './agent.entity.ts'
export { createAgents, type Agents } from './create-agents.ts'
export {
  deviceNames,
  findAgent,
  findAgentKept,
  insertAgent,
  requireAgent,
  requireAgentKept,
  requireAgentRow,
  type AgentRecord,
} from './agents.queries.ts'
export { tellDevice } from './device-changes.ts'
