import { fromProblem, AppError, Problem, type Api, type OperationId, type RouteContract } from '@holdfast/shared-types'
import { api } from '@holdfast/shared-types'
import type { Dispatcher, Pool } from 'undici'
import type { z } from 'zod'
import { systemErrorCode } from '../errors/to-app-error.ts'

type BodyOf<R extends RouteContract> = R extends { body: 'bytes' } ? Uint8Array : R extends { body: infer S extends z.ZodType } ? z.input<S> : undefined
type AnswerOf<R extends RouteContract> = R['response'] extends z.ZodType ? z.output<R['response']> : Buffer
type Part<Name extends string, V> = [V] extends [undefined] ? unknown : { readonly [K in Name]: V }
type ParamsPart<R extends RouteContract> = R extends { params: infer S extends z.ZodObject } ? { readonly params: z.input<S> } : unknown
type QueryPart<R extends RouteContract> = R extends { query: infer S extends z.ZodObject } ? { readonly query?: Partial<z.input<S>> } : unknown

export type CallInput<Id extends OperationId> = ParamsPart<Api[Id]> & QueryPart<Api[Id]> & Part<'body', BodyOf<Api[Id]>>
export type CallAnswer<Id extends OperationId> = AnswerOf<Api[Id]>

interface RawInput {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

export interface CallFailure extends Error {
  /** The hub's clock at the answer, where there was one. */
  readonly hubTimeMs?: number
}

/** One try of one call. `authorization` is sent as it is; null = none. @throws AppError of the hub's problem, or `hub.unreachable`. */
export async function callOnce<Id extends OperationId>(
  pool: Pool, operation: Id, input: CallInput<Id>, options: { authorization: string | null; timeoutMs: number; signal: AbortSignal | undefined },
): Promise<CallAnswer<Id>> {
  const contract: RouteContract = api[operation]
  const raw = input as RawInput
  const headers: Record<string, string> = { accept: contract.response === 'bytes' ? 'application/octet-stream, application/problem+json' : 'application/json' }
  if (options.authorization !== null) headers['authorization'] = options.authorization
  const body = encodeBody(contract, raw.body, headers)
  let answer: Dispatcher.ResponseData
  let bytes: Buffer
  try {
    answer = await pool.request({
      method: contract.method.toUpperCase() as Dispatcher.HttpMethod, path: pathOf(contract, raw), headers, body,
      headersTimeout: options.timeoutMs, bodyTimeout: options.timeoutMs, ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    bytes = Buffer.from(await answer.body.arrayBuffer())
  } catch (error) {
    if (options.signal?.aborted === true) throw options.signal.reason
    throw unreachable(error)
  }
  if (answer.statusCode < 200 || answer.statusCode > 299) throw problemOf(answer, bytes)
  return parseAnswer(contract, bytes) as CallAnswer<Id>
}

function pathOf(contract: RouteContract, input: RawInput): string {
  const path = contract.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(input.params?.[name] ?? ''))
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(input.query ?? {})) if (value !== undefined) query.set(name, String(value))
  return query.size === 0 ? path : `${path}?${query.toString()}`
}

function encodeBody(contract: RouteContract, body: unknown, headers: Record<string, string>): Buffer | string | null {
  if (contract.body === undefined) return null
  if (contract.body === 'bytes') {
    headers['content-type'] = 'application/octet-stream'
    const bytes = body as Uint8Array
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  headers['content-type'] = 'application/json'
  return JSON.stringify(body)
}

function parseAnswer(contract: RouteContract, bytes: Buffer): unknown {
  if (contract.response === 'bytes') return bytes
  const parsed = contract.response.safeParse(parseJson(bytes))
  if (parsed.success) return parsed.data
  throw new AppError('protocol.invalid-message', { message: 'The hub\u2019s answer does not match the contract.', context: { path: contract.path } })
}

function problemOf(answer: Dispatcher.ResponseData, bytes: Buffer): AppError {
  const parsed = Problem.safeParse(parseJson(bytes))
  const hubTimeMs = Date.parse(String(answer.headers['date'] ?? ''))
  const context = { status: answer.statusCode, ...(Number.isNaN(hubTimeMs) ? {} : { hubTimeMs }) }
  if (parsed.success) {
    const error = fromProblem(parsed.data)
    return new AppError(error.code, { message: error.message, cure: error.cure, context: { ...error.context, ...context } })
  }
  // A proxy answered in the hub's place, or something else than a hub listens there.
  return new AppError('hub.unreachable', { message: `Something answered with status ${answer.statusCode} that is not a Holdfast hub.`, context })
}

function unreachable(error: unknown): AppError {
  const code = systemErrorCode(error) ?? 'unknown'
  return new AppError('hub.unreachable', { message: `The hub does not answer (${code}).`, cause: error, context: { reason: code } })
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    // Reported by the caller as an answer that does not match.
    return undefined
  }
}
