import type { AgentId, RouteActor, UserId } from '@holdfast/shared-types'

/** Who asks. Made by the platform from cookie or token; use cases decide what each may see. */
export interface Nobody {
  readonly kind: 'nobody'
}
export interface UserActor {
  readonly kind: 'user'
  readonly userId: UserId
  readonly name: string
  readonly role: 'admin'
  /** This sign-in, so that signing out can end it and cut its sockets. Hex of the stored hash; not a credential. */
  readonly signInId: string
}
export interface AgentActor {
  readonly kind: 'agent'
  readonly agentId: AgentId
  readonly name: string
}
export type Actor = Nobody | UserActor | AgentActor
/** Somebody, as routes with the requirement `any` see it. */
export type KnownActor = UserActor | AgentActor

export const nobody: Nobody = Object.freeze({ kind: 'nobody' })

/** The actor a handler gets when its contract asks for `R`. */
export type ActorFor<R extends RouteActor> = R extends 'user'
  ? UserActor
  : R extends 'agent'
    ? AgentActor
    : R extends 'any'
      ? KnownActor
      : Actor
