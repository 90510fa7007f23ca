import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { EntityManager } from '@mikro-orm/postgresql'
import type {
  AckOf,
  AgentHello,
  AgentId,
  AgentReportType,
  AgentRequestType,
  Api,
  BodyOf,
  BodyOfRoute,
  OperationId,
  ParamsOf,
  QueryOf,
  ResponseOf,
  RouteContract,
  RunId,
} from '@holdfast/shared-types'
import { agentReports, agentRequests } from '@holdfast/shared-types'
import type { z } from 'zod'
import type { JobSchedule } from '../jobs/jobs.ts'
import type { ActorFor } from './actor.ts'

/** Cookies and headers of one request, for the few handlers that need them. */
export interface RequestContext {
  readonly requestId: string
  /** Address of the caller; behind a trusted proxy the one it forwards. */
  readonly address: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  cookie(name: string): string | undefined
  setCookie(name: string, value: string | null, options: { readonly maxAgeMs: number }): void
  /** Another status than the contract's, for the few answers that are one and not an error (health). */
  setStatus(status: 200 | 503): void
  /** Aborts when the caller goes away before the answer is sent. */
  readonly signal: AbortSignal
}

/** What a route handler gets: everything is validated, the actor fits the contract. */
export interface HandlerRequest<R extends RouteContract> {
  readonly actor: ActorFor<R['actor']>
  readonly params: ParamsOf<R>
  readonly query: QueryOf<R>
  /** With `body: 'bytes'` the raw stream, which the handler must read to its end or destroy. */
  readonly body: R extends { body: 'bytes' } ? IncomingMessage : BodyOfRoute<R>
  /** Fresh for this request, outside of a transaction. */
  readonly em: EntityManager
  readonly ctx: RequestContext
}

/** Bytes with their headers; without `content-type` the answer is `application/octet-stream`. */
export interface BytesAnswer {
  /** For what HTTP says of stored bytes: a part, unchanged, no such part. The contract's status unless said. */
  readonly status?: 206 | 304 | 416
  readonly stream: Readable
  readonly headers: Readonly<Record<string, string>>
  /** Nobody else holds the stream's parts: their memory is given back as they leave. */
  readonly hasOwnParts?: true
}
export type HandlerResponse<R extends RouteContract> = R extends { response: 'bytes' } ? Readable | Uint8Array | BytesAnswer : ResponseOf<R>
export type RouteHandler<K extends OperationId> = (request: HandlerRequest<Api[K]>) => Promise<HandlerResponse<Api[K]>>
export type RouteHandlers = { readonly [K in OperationId]?: RouteHandler<K> }

/** Everything an agent may send, by type. */
export const agentToHub = { ...agentReports, ...agentRequests }
export type AgentToHubType = AgentReportType | AgentRequestType
export interface AgentMessage<T extends AgentToHubType> {
  readonly agentId: AgentId
  readonly body: BodyOf<typeof agentToHub, T>
  /** Fresh for this message, outside of a transaction. */
  readonly em: EntityManager
}
export type AgentMessageHandler<T extends AgentToHubType> = (message: AgentMessage<T>) => Promise<AckOf<typeof agentToHub, T>>
export type AgentMessageHandlers = { readonly [T in AgentToHubType]?: AgentMessageHandler<T> }

/** A feature's part in the life of an agent's link. */
export interface AgentLinkHooks {
  /** A proven hello, inside one transaction with the other features' hooks, before it is answered. Runs it names are dropped by the agent. */
  onHello?(em: EntityManager, agentId: AgentId, hello: AgentHello): Promise<readonly RunId[]>
  /** The answer went out and commands may be sent. Must not throw. */
  onLinked?(agentId: AgentId): Promise<void>
  /** The link is gone (not called when a newer one replaced it). Must not throw. */
  onUnlinked?(agentId: AgentId): Promise<void>
}

/** One command of the local admin socket and of the CLI; `input` guards the door. */
export interface AdminCommand {
  readonly input: z.ZodType
  /** Changes nothing, so that it needs no line in the audit log. */
  readonly isLooking?: true
  run(input: unknown, em: EntityManager): Promise<unknown>
}

/** Ties a command's input schema to the type its function gets. */
export const adminCommand = <S extends z.ZodType>(
  input: S,
  run: (input: z.output<S>, em: EntityManager) => Promise<unknown>,
): AdminCommand => ({
  input,
  run: (value, em) => run(value as z.output<S>, em),
})

/** The same for a command that changes nothing. */
export const lookingCommand = <S extends z.ZodType>(
  input: S,
  look: (input: z.output<S>, em: EntityManager) => Promise<unknown>,
): AdminCommand => ({ ...adminCommand(input, look), isLooking: true })

/**
 * A part of the hub, made by `createX(services, …)` of its folder, listed in wiring/features.ts and nowhere else (its entities in
 * wiring/entities.ts: the database is open before any feature exists). Every operation of `api` and every message an agent
 * may send has exactly one handler over all features; the hub refuses to start otherwise.
 */
export interface Feature {
  readonly name: string
  readonly routes?: RouteHandlers
  readonly agentReports?: AgentMessageHandlers
  readonly agentLink?: AgentLinkHooks
  /** Each throws when it fails; the name is shown in /health (`store`, `database`). */
  readonly healthChecks?: Readonly<Record<string, () => Promise<void>>>
  readonly adminCommands?: Readonly<Record<string, AdminCommand>>
  /** After migrations and before the hub listens, in the order of wiring/features.ts. */
  start?(): Promise<void>
  /** What the clock is to bring it; asked once all features are started. */
  schedules?(): readonly JobSchedule[]
  /** The hub is about to stop: requests that wait for something to happen are answered now. */
  letGo?(): void
  /** In reverse order, after sockets are closed; `signal` aborts when time is up. */
  stop?(signal: AbortSignal): Promise<void>
}
