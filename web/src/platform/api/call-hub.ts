import type { Api, BodyOfRoute, ParamsOf, QueryOf, ResponseOf } from '@holdfast/shared-types'
import { hasCode, isUnreachable } from '../errors/api-error.ts'
import { answerProblem, unreachable } from './answer-problem.ts'
import { callAddress } from './call-address.ts'
import { hubCalls, type HubCall } from './hub-calls.ts'
import { notePlaces } from './live-place.ts'
import { currentVisit, isRemembered, recallAnswer, rememberAnswer } from './remembered-answers.ts'

// 30 s: what a person waits for. Long work is a run with its own life, never one HTTP call.
export const answerTimeoutMs = 30_000

// In brackets: a body of several kinds is one body, not a call for each of them.
type Part<Name extends string, T> = [T] extends [undefined] ? { readonly [N in Name]?: undefined } : { readonly [N in Name]: T }
type QueryPart<T> = T extends undefined ? { readonly query?: undefined } : { readonly query?: Partial<T> | undefined }
export type CallInput<K extends HubCall> = Part<'params', ParamsOf<Api[K]>> &
  Part<'body', BodyOfRoute<Api[K]>> &
  QueryPart<QueryOf<Api[K]>> & { readonly signal?: AbortSignal | undefined }
type NeedsInput<K extends HubCall> = Partial<CallInput<K>> extends CallInput<K> ? [input?: CallInput<K>] : [input: CallInput<K>]

let tellSignInLost: () => void = () => undefined

/** Names who is told when the hub no longer knows the one who is signed in. */
export function onSignInLost(listener: () => void): void {
  tellSignInLost = listener
}

let tellAccessDenied: () => void = () => undefined

/** Names who finds out what the person may do now, once the hub has refused something that was offered. */
export function onAccessDenied(listener: () => void): void {
  tellAccessDenied = listener
}

/** A hub that is not well answers the question how it is with 503, and says why in the body. */
const isHealthAnswer = (call: HubCall, answer: Response): boolean =>
  call === 'health' && answer.status === 503 && answer.headers.get('content-type')?.startsWith('application/json') === true

async function fetchJson(call: HubCall, address: string, body: unknown, signal: AbortSignal | undefined): Promise<unknown> {
  const timeout = AbortSignal.timeout(answerTimeoutMs)
  let answer: Response
  try {
    answer = await fetch(address, {
      method: hubCalls[call].method.toUpperCase(),
      credentials: 'same-origin',
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    })
  } catch (cause) {
    if (signal?.aborted === true) throw cause
    throw unreachable(cause)
  }
  if (!answer.ok && !isHealthAnswer(call, answer)) throw await answerProblem(answer)
  if (answer.status === 204) return {}
  const read: unknown = await answer.json()
  notePlaces(read, answer.headers)
  return read
}

/**
 * Makes one call of the hub's API, typed by the contract. With the hub away, lists and single things are answered
 * from the last visit (remembered-answers.ts says since when).
 *
 * @throws ApiError with the hub's code; `hub.unreachable` when no answer came. An abort by `signal` is thrown as it is.
 */
export async function callHub<K extends HubCall>(call: K, ...[input]: NeedsInput<K>): Promise<ResponseOf<Api[K]>> {
  const { path } = hubCalls[call]
  const address = callAddress(path, input?.params, input?.query)
  const visit = currentVisit()
  try {
    const body = await fetchJson(call, address, input?.body, input?.signal)
    if (isRemembered(call, address)) void rememberAnswer(address, body, visit)
    return body as ResponseOf<Api[K]>
  } catch (error) {
    if (hasCode(error, 'sign-in.required')) tellSignInLost()
    if (hasCode(error, 'access.denied')) tellAccessDenied()
    if (isUnreachable(error) && isRemembered(call, address)) {
      const remembered = await recallAnswer(address)
      if (remembered !== null) return remembered as ResponseOf<Api[K]>
    }
    throw error
  }
}

/** Address of a file's bytes, for a plain link: the browser then streams it to disk by itself. */
export const downloadAddress = (snapshotId: string, query: { readonly path?: string; readonly pathBase64?: string }): string =>
  callAddress(hubCalls.downloadFile.path, { snapshotId }, query)

/** Address of a zip that `prepareZip` gave a ticket for. */
export const zipAddress = (snapshotId: string, ticket: string): string => callAddress(hubCalls.downloadZip.path, { snapshotId }, { ticket })
