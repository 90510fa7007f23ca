import { fromProblem, AppError, Problem, type Api, type OperationId, type RouteContract } from '@holdfast/shared-types'
import { api } from '@holdfast/shared-types'
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { Pool } from 'undici'
import type { z } from 'zod'
import { systemErrorCode } from '../errors/to-app-error.ts'
import { AnswerBody } from './answer-body.ts'
import { certificateProblem } from './hub-trust.ts'
import type { UploadPace } from './upload-pace.ts'

type BodyOf<R extends RouteContract> = R extends { body: 'bytes' }
  ? Uint8Array
  : R extends { body: infer S extends z.ZodType }
    ? z.input<S>
    : undefined
type AnswerOf<R extends RouteContract> = R['response'] extends z.ZodType ? z.output<R['response']> : Buffer
type Part<Name extends string, V> = [V] extends [undefined] ? unknown : { readonly [K in Name]: V }
type ParamsPart<R extends RouteContract> = R extends { params: infer S extends z.ZodObject } ? { readonly params: z.input<S> } : unknown
type QueryPart<R extends RouteContract> = R extends { query: infer S extends z.ZodObject }
  ? { readonly query?: Partial<z.input<S>> }
  : unknown

export type CallInput<Id extends OperationId> = ParamsPart<Api[Id]> & QueryPart<Api[Id]> & Part<'body', BodyOf<Api[Id]>>
export type CallAnswer<Id extends OperationId> = AnswerOf<Api[Id]>

interface RawInput {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

export interface TryOptions {
  /** Sent as it is; null = none. */
  readonly authorization: string | null
  /** Without an answer or a byte of one. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly onSent?: ((bytes: number) => void) | undefined
  readonly onReceived?: ((bytes: number) => void) | undefined
  /** Of bodies of bytes; left out: as fast as it goes. */
  readonly pace?: UploadPace | undefined
  /** For so long the pace, and nothing else, kept the body from going on. */
  readonly onHeldBack?: ((ms: number) => void) | undefined
}

/** One try of one call. @throws AppError of the hub's problem, or `hub.unreachable`; the signal's reason when it aborted. */
export async function callOnce<Id extends OperationId>(
  pool: Pool,
  operation: Id,
  input: CallInput<Id>,
  options: TryOptions,
): Promise<CallAnswer<Id>> {
  const contract: RouteContract = api[operation]
  const sent = new TransferCount(options.onSent)
  const received = new TransferCount(options.onReceived)
  try {
    const { statusCode, headers, bytes } = await exchange(pool, contract, input as RawInput, { ...options, sent, received })
    if (statusCode < 200 || statusCode > 299) throw problemOf(statusCode, headers, bytes)
    return parseAnswer(contract, bytes) as CallAnswer<Id>
  } catch (error) {
    sent.takeBack()
    received.takeBack()
    if (options.signal?.aborted === true) throw options.signal.reason
    throw error instanceof AppError ? error : unreachable(error)
  }
}

/** What one try has counted, so that a failed one can take it back. */
class TransferCount {
  readonly #tell: ((bytes: number) => void) | undefined
  #bytes = 0
  constructor(tell: ((bytes: number) => void) | undefined) {
    this.#tell = tell
  }
  get isWanted(): boolean {
    return this.#tell !== undefined
  }
  add(bytes: number): void {
    this.#bytes += bytes
    this.#tell?.(bytes)
  }
  takeBack(): void {
    if (this.#bytes > 0) this.#tell?.(-this.#bytes)
  }
}

interface Exchange extends TryOptions {
  readonly sent: TransferCount
  readonly received: TransferCount
}

async function exchange(
  pool: Pool,
  contract: RouteContract,
  input: RawInput,
  options: Exchange,
): Promise<{ statusCode: number; headers: IncomingHttpHeaders; bytes: Buffer }> {
  const headers: Record<string, string> = {
    accept: contract.response === 'bytes' ? 'application/octet-stream, application/problem+json' : 'application/json',
  }
  if (options.authorization !== null) headers['authorization'] = options.authorization
  const body = encodeBody(contract, input.body, headers)
  const isInSlices = options.sent.isWanted || options.pace?.isLimited === true
  const slices = body instanceof Buffer && isInSlices ? new BodySlices(body, options) : null
  if (slices !== null) headers['content-length'] = String(slices.sizeBytes)
  const requested = pool.request({
    method: contract.method.toUpperCase(),
    path: pathOf(contract, input),
    headers,
    // A stream would read ahead: what the pace lets go is to leave at once. undici takes what can be iterated, its types do not say so.
    body: slices === null ? body : (slices as AsyncIterable<Buffer> as Readable),
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  // Answered or not: nobody waits for the pace any more.
  const answer = await requested.finally(() => slices?.end())
  const received = new AnswerBody(Number(answer.headers['content-length'] ?? 0))
  for await (const part of answer.body as AsyncIterable<Buffer>) {
    const { length } = part
    received.add(part)
    options.received.add(length)
  }
  if (answer.statusCode < 300 && slices?.isSent === false)
    throw new AppError('hub.unreachable', { message: 'The hub answered before it had all that was to be sent.' })
  return { statusCode: answer.statusCode, headers: answer.headers, bytes: received.whole() }
}

const sliceBytes = 256 * 1024

/** A large body piece by piece, so that its way over a slow link can be seen, and its pace kept. */
class BodySlices implements AsyncIterable<Buffer> {
  readonly #body: Buffer
  readonly #options: Pick<Exchange, 'sent' | 'pace' | 'onHeldBack'>
  readonly #ending = new AbortController()
  #isSent = false

  constructor(body: Buffer, options: Pick<Exchange, 'sent' | 'pace' | 'onHeldBack'>) {
    this.#body = body
    this.#options = options
  }

  get sizeBytes(): number {
    return this.#body.length
  }

  /** All of the body has left, but for slices that are copies: the body's memory may be given back. */
  get isSent(): boolean {
    return this.#isSent
  }

  /** Nothing more is to be sent. */
  end(): void {
    this.#ending.abort()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    const body = this.#body
    for (let start = 0; start < body.length;) {
      const length = await this.#mayGo(Math.min(sliceBytes, body.length - start))
      const slice = body.subarray(start, start + length)
      start += length
      // A whole slice is waited for. The last one, and small ones, may still lie with the system when the hub answers early, and the system must not find other bytes there.
      yield length === sliceBytes && start < body.length ? slice : Buffer.from(slice)
      this.#options.sent.add(length)
    }
    this.#isSent = true
  }

  async #mayGo(mostBytes: number): Promise<number> {
    const { pace, onHeldBack } = this.#options
    if (pace?.isLimited !== true) return mostBytes
    const askedAtMs = performance.now()
    const bytes = await pace.take(mostBytes, this.#ending.signal)
    onHeldBack?.(performance.now() - askedAtMs)
    return bytes
  }
}

function pathOf(contract: RouteContract, input: RawInput): string {
  const path = contract.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(input.params?.[name] ?? ''))
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(input.query ?? {}))
    if (typeof value === 'string' || typeof value === 'number') query.set(name, String(value))
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
  throw new AppError('protocol.invalid-message', {
    message: 'The hub\u2019s answer does not match the contract.',
    context: { path: contract.path },
  })
}

function problemOf(statusCode: number, headers: IncomingHttpHeaders, bytes: Buffer): AppError {
  const parsed = Problem.safeParse(parseJson(bytes))
  const hubTimeMs = Date.parse(headers.date ?? '')
  const context = { status: statusCode, ...(Number.isNaN(hubTimeMs) ? {} : { hubTimeMs }) }
  if (parsed.success) {
    const error = fromProblem(parsed.data)
    return new AppError(error.code, { message: error.message, cure: error.cure, context: { ...error.context, ...context } })
  }
  // A proxy answered in the hub's place, or something else than a hub listens there.
  return new AppError('hub.unreachable', { message: `Something answered with status ${statusCode} that is not a Holdfast hub.`, context })
}

function unreachable(error: unknown): AppError {
  const code = systemErrorCode(error) ?? 'unknown'
  const certificate = certificateProblem(code)
  if (certificate !== null) return certificate
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
