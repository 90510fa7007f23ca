import type { AgentId } from '@holdfast/shared-types'
import type { KnownActor } from '../../platform/http/actor.ts'

/** A person sees all devices; a device sees itself. */
export const maySeeAgent = (actor: KnownActor, agentId: AgentId): boolean => actor.kind === 'user' || actor.agentId === agentId
