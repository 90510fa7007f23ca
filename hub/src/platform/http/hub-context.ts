import type Koa from 'koa'
import type { Actor } from './actor.ts'

/** What middleware of the hub knows of a request. */
export interface HubState {
  requestId: string
  /** Contract path of the matched call, for logs: it holds no ids. */
  route: string | null
  actor: Actor | null
  /** Chosen by the handler instead of the contract's. */
  status: number | null
}
export type HubMiddleware = Koa.Middleware<HubState>
export type HubKoaContext = Koa.ParameterizedContext<HubState>
