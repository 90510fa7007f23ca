import type { Api, BodyOfRoute, ParamsOf, Problem, ResponseOf } from '@holdfast/shared-types'
import { callAddress } from '../../../platform/api/call-address.ts'
import { hubCalls, type HubCall } from '../../../platform/api/hub-calls.ts'
import { ApiError } from '../../../platform/errors/api-error.ts'

/*
 * The room asks the hub by itself, so that what it reads and stores never passes through the page. Its errors carry codes alone: the page
 * has the words.
 */

// What a person waits for; segments may take longer than that to come.
const answerTimeoutMs = 30_000
const segmentsTimeoutMs = 120_000

type RoomHubCall = 'createVault' | 'getKeyObjects' | 'addKeySlot' | 'removeKeySlot' | 'giveDeviceKeys'
type RoomBytesCall = 'getStoredSnapshot' | 'locateSnapshotBlobs' | 'readSnapshotSegments'

interface Ask<K extends HubCall> {
  readonly params?: ParamsOf<Api[K]>
  readonly body?: BodyOfRoute<Api[K]>
}

interface AskForBytes<K extends HubCall> {
  readonly params: ParamsOf<Api[K]>
  readonly body?: Uint8Array
  readonly signal?: AbortSignal | undefined
}

/** How the room asks the hub. Throws ApiError with the hub's code, `hub.unreachable` when no answer came; an abort as it is. */
export interface HubAnswers {
  readonly json: <K extends RoomHubCall>(call: K, ask: Ask<K>) => Promise<ResponseOf<Api[K]>>
  readonly bytes: <K extends RoomBytesCall>(call: K, ask: AskForBytes<K>) => Promise<Uint8Array>
}

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string'

async function problemOf(answer: Response): Promise<ApiError> {
  const body: unknown = await answer.json().catch(() => null)
  const { status } = answer
  if (isProblem(body)) return new ApiError({ code: body.code, message: body.detail, cure: body.cure, status })
  return status >= 500 ? unreachable(status) : new ApiError({ code: 'internal', message: `HTTP ${status}`, status })
}

const unreachable = (cause: unknown): ApiError => new ApiError({ code: 'hub.unreachable', cause })

/** @param read what is done with an answer that is a success; one that ends before its length fails as no answer does */
async function ask<T>(address: string, init: RequestInit, read: (answer: Response) => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    const answer = await fetch(address, { credentials: 'same-origin', ...init })
    if (!answer.ok) throw await problemOf(answer)
    return await read(answer)
  } catch (cause) {
    if (signal?.aborted === true || cause instanceof ApiError) throw cause
    throw unreachable(cause)
  }
}

/** The hub of this page, by the cookie of who is signed in. */
export const hubAnswers: HubAnswers = {
  json(call, { params, body }) {
    const { method, path } = hubCalls[call]
    const sent = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const init = { method: method.toUpperCase(), ...sent, signal: AbortSignal.timeout(answerTimeoutMs) }
    return ask(callAddress(path, params), init, (answer) => answer.json())
  },
  bytes(call, { params, body, signal }) {
    const { method, path } = hubCalls[call]
    const sent = body === undefined ? {} : { headers: { 'content-type': 'application/octet-stream' }, body: new Blob([body as BlobPart]) }
    const timeout = AbortSignal.timeout(segmentsTimeoutMs)
    const init = { method: method.toUpperCase(), ...sent, signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) }
    return ask(callAddress(path, params), init, async (answer) => new Uint8Array(await answer.arrayBuffer()), signal)
  },
}
