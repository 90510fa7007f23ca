import { AgentEntity } from './agent.entity.ts'

export const agentEntities = [AgentEntity] as const
export { AgentEntity } from './agent.entity.ts'
export { createAgents, type Agents } from './create-agents.ts'
export {
  countAgents,
  deviceNames,
  findAgent,
  findAgentKept,
  insertAgent,
  listOfVault,
  listRevoked,
  listWaiting,
  requireAgent,
  requireAgentKept,
  requireAgentRow,
  type AgentRecord,
} from './agents.queries.ts'
export { takeOnAgents, type LastSeenHost, type TakenOn } from './take-on-agents.ts'
export { findNamedDevice } from './revoke-device.ts'
export { noteKeysAwaited, noteKeysGiven, tellDevice } from './device-changes.ts'
