import type { AgentId } from '@holdfast/shared-types'
import type { KnownActor } from '../../platform/http/actor.ts'

/** A device sees its own snapshots, a person all: whose the filter of every query shows. */
export const visibleTo = (actor: KnownActor): AgentId | null => (actor.kind === 'agent' ? actor.agentId : null)
