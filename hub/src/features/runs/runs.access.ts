import type { AgentId } from '@holdfast/shared-types'
import type { KnownActor } from '../../platform/http/actor.ts'

/** A person sees all runs; a device sees its own. */
export const maySeeRun = (actor: KnownActor, agentId: AgentId): boolean => actor.kind === 'user' || actor.agentId === agentId
