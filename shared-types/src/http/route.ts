import type { z } from 'zod'
import type { Topic } from '../realtime/ui-events.ts'

/**
 * What kind of caller a call is for: `none` = anybody, `user` = a person or their API token, `agent` = an agent's token, `any` = either.
 * Which role and scope it needs is said by the hub's access rules; the use case still decides what they see.
 */
export type RouteActor = 'none' | 'user' | 'agent' | 'any'

/**
 * One REST call. `body` and `response` are JSON schemas, or the word `bytes` for a stream; paths name parameters as `{name}`.
 * Hub routes, the OpenAPI document and typed clients all come from these objects.
 */
export interface RouteContract {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  readonly path: string
  readonly summary: string
  readonly tag: string
  readonly actor: RouteActor
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType | 'bytes'
  readonly response: z.ZodType | 'bytes'
  /** Of an answer that is bytes; `application/octet-stream` unless said. */
  readonly mediaType?: string
  /** Success status; 200 unless said. */
  readonly status?: 200 | 201 | 204
  /** Topics that tell what changes in this answer. To people it then says in the header `liveSeqHeader` where they stood before it was read. */
  readonly liveTopics?: readonly Topic[]
}

/** Holds `topic=seq` for each of `liveTopics`, with commas between: events up to there are in the answer, the next ones may be or not. */
export const liveSeqHeader = 'live-seq'

export const route = <const R extends RouteContract>(contract: R): R => contract

type Output<S> = S extends z.ZodType ? z.output<S> : S extends 'bytes' ? 'bytes' : undefined
export type ParamsOf<R extends RouteContract> = R extends { params: infer S } ? Output<S> : undefined
export type QueryOf<R extends RouteContract> = R extends { query: infer S } ? Output<S> : undefined
export type BodyOfRoute<R extends RouteContract> = R extends { body: infer S } ? Output<S> : undefined
export type ResponseOf<R extends RouteContract> = Output<R['response']>
