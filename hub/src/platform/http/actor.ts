import type { RouteActor } from '@holdfast/shared-types'
import type { Actor, AgentActor, KnownActor, UserActor } from '../access/actor.ts'

export { nobody, type Actor, type AgentActor, type KnownActor, type Nobody, type UserActor } from '../access/actor.ts'

/** The actor a handler gets when its contract asks for `R`. */
export type ActorFor<R extends RouteActor> = R extends 'user'
  ? UserActor
  : R extends 'agent'
    ? AgentActor
    : R extends 'any'
      ? KnownActor
      : Actor
