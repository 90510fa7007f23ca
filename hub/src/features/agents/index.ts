export { AgentEntity, type AgentRow } from './agent.entity.ts'
