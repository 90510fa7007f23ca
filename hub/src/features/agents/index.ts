import { AgentEntity } from './agent.entity.ts'

export { AgentEntity, type AgentRow } from './agent.entity.ts'
export const agentEntities = [AgentEntity] as const
