import { request, type IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { isErrorCode, Problem, type OperationId, type RouteContract } from '@holdfast/shared-types'
import type { Guest } from './http-guests.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

const patienceMs = 30_000

/** Sends the bytes as they are. @returns null where the hub hung up on a request that was cut off, as it may */
export function sendGuest(
  origin: string,
  contract: RouteContract,
  guest: Guest,
  headers: Readonly<Record<string, string>>,
): Promise<Answer | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer | null>()
  const { hostname, port } = new URL(origin)
  const length = guest.body === null ? {} : { 'content-length': String(guest.body.length + (guest.isCut ? 1_000 : 0)) }
  const sending = request({
    hostname,
    port,
    method: contract.method.toUpperCase(),
    path: guest.path,
    headers: { ...guest.headers, ...headers, ...length },
    agent: false,
    timeout: patienceMs,
  })
  // A body that is refused before it was read to its end may find the connection closed, also in the middle of the answer.
  const failed = (error: NodeJS.ErrnoException): void => (guest.isCut || isHangUp(error) ? resolve(null) : reject(error))
  sending.once('timeout', () => sending.destroy(new Error(`no answer within ${patienceMs} ms`)))
  sending.once('response', (response) => {
    buffer(response).then((body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }), failed)
  })
  sending.once('error', failed)
  if (guest.body !== null) sending.write(guest.body)
  if (guest.isCut) setTimeout(() => sending.destroy(), 20)
  else sending.end()
  return promise
}

const isHangUp = ({ code }: NodeJS.ErrnoException): boolean => code === 'ECONNRESET' || code === 'EPIPE'

/** What is wrong with an answer, or null. */
export function faultOfAnswer(operation: OperationId, contract: RouteContract, { status, headers, body }: Answer): string | null {
  const isHealth = operation.startsWith('health')
  const isSuccess = (status >= 200 && status < 300) || status === 304
  if (status >= 500 && !isHealth) return `status ${status}: ${body.toString('utf8').slice(0, 300)}`
  if (!isSuccess && !isHealth) return faultOfProblem(status, headers, body)
  if (contract.response === 'bytes') return null
  if (!isHealth && status !== (contract.status ?? 200)) return `status ${status}, not ${contract.status ?? 200}`
  if (status === 204) return body.length === 0 ? null : 'a body where there is none'
  const parsed = contract.response.safeParse(jsonOf(body))
  return parsed.success ? null : `an answer off its contract: ${parsed.error.message.slice(0, 300)}`
}

function faultOfProblem(status: number, headers: IncomingHttpHeaders, body: Buffer): string | null {
  const type = headers['content-type'] ?? ''
  if (!type.startsWith('application/problem+json')) return `status ${status} as ${type}: ${body.toString('utf8').slice(0, 200)}`
  const problem = Problem.safeParse(jsonOf(body))
  if (!problem.success) return `status ${status} without problem details: ${body.toString('utf8').slice(0, 200)}`
  if (!isErrorCode(problem.data.code)) return `the code ${problem.data.code} is not in the registry`
  return problem.data.status === status ? null : `status ${status} with a problem of status ${problem.data.status}`
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined // The caller says what it is not.
  }
}
