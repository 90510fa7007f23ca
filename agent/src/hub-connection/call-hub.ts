import { releaseBytes } from '@holdfast/engine/bytes'
import { fromProblem, AppError, Problem, type Api, type OperationId, type RouteContract } from '@holdfast/shared-types'
import { api } from '@holdfast/shared-types'
import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { Pool } from 'undici'
import type { z } from 'zod'
import { systemErrorCode } from '../errors/to-app-error.ts'
import { certificateProblem } from './hub-trust.ts'

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
  const answer = await pool.request({
    method: contract.method.toUpperCase(),
    path: pathOf(contract, input),
    headers,
    body: body instanceof Buffer && options.sent.isWanted ? inSlices(body, headers, options.sent) : body,
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const received = new AnswerBody(Number(answer.headers['content-length'] ?? 0))
  for await (const part of answer.body as AsyncIterable<Buffer>) {
    const { length } = part
    received.add(part)
    options.received.add(length)
  }
  return { statusCode: answer.statusCode, headers: answer.headers, bytes: received.whole() }
}

/** No honest answer is longer: what a hub announces is not taken as memory unseen. */
const mostAnnouncedBytes = 64 * 1024 * 1024

/** An answer on its way: where its length is known, each part goes to its place as it comes, and is not held besides. */
class AnswerBody {
  readonly #announced: Buffer | null
  readonly #rest: Buffer[] = []
  #filledBytes = 0

  constructor(announcedBytes: number) {
    // Not from Node's pool: it is handed to another thread.
    this.#announced = announcedBytes > 0 && announcedBytes <= mostAnnouncedBytes ? Buffer.allocUnsafeSlow(announcedBytes) : null
  }

  /** Takes the part over. */
  add(part: Buffer): void {
    if (this.#announced === null || this.#filledBytes + part.length > this.#announced.length) {
      this.#rest.push(part)
      return
    }
    this.#announced.set(part, this.#filledBytes)
    this.#filledBytes += part.length
    releaseBytes(part)
  }

  whole(): Buffer {
    if (this.#announced === null) return Buffer.concat(this.#rest)
    if (this.#filledBytes === this.#announced.length && this.#rest.length === 0) return this.#announced
    return Buffer.concat([this.#announced.subarray(0, this.#filledBytes), ...this.#rest])
  }
}

const sliceBytes = 256 * 1024

/** A large body piece by piece, so that its way over a slow link can be seen. */
function inSlices(body: Buffer, headers: Record<string, string>, sent: TransferCount): Readable {
  headers['content-length'] = String(body.length)
  const slices = function* (): Generator<Buffer> {
    for (let start = 0; start < body.length; start += sliceBytes) {
      const slice = body.subarray(start, start + sliceBytes)
      yield slice
      sent.add(slice.length)
    }
  }
  return Readable.from(slices(), { objectMode: true, highWaterMark: 1 })
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
