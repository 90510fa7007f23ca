import type { AgentId, ApiTokenId, TokenScope, UserId, UserRole } from '@holdfast/shared-types'

/** Who asks. Made by the platform from cookie or token; use cases decide what each may see. */
export interface Nobody {
  readonly kind: 'nobody'
}
export interface UserActor {
  readonly kind: 'user'
  readonly userId: UserId
  readonly name: string
  /** Of the account, at the moment of the call. What a token may is less: see `token`. */
  readonly role: UserRole
  /** This sign-in, so that signing out can end it and cut its sockets. Hex of the stored hash; not a credential. Null with a token. */
  readonly signInId: string | null
  /** The API token with which a program speaks for the person; null or absent for the person's own browser. */
  readonly token?: { readonly id: ApiTokenId; readonly scope: TokenScope } | null
}
export interface AgentActor {
  readonly kind: 'agent'
  readonly agentId: AgentId
  readonly name: string
}
export type Actor = Nobody | UserActor | AgentActor
/** Somebody, as calls that people and devices share see it. */
export type KnownActor = UserActor | AgentActor

export const nobody: Nobody = Object.freeze({ kind: 'nobody' })
