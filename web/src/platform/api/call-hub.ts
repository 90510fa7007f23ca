import type { Api, BodyOfRoute, ParamsOf, QueryOf, ResponseOf } from '@holdfast/shared-types'
import { hasCode, isUnreachable } from '../errors/api-error.ts'
import { answerProblem, unreachable } from './answer-problem.ts'
import { callAddress } from './call-address.ts'
import { hubCalls, type HubCall } from './hub-calls.ts'
import { isRemembered, recallAnswer, rememberAnswer } from './remembered-answers.ts'

// 30 s: what a person waits for. Long work is a run with its own life, never one HTTP call.
const answerTimeoutMs = 30_000

type Part<Name extends string, T> = T extends undefined ? { readonly [N in Name]?: undefined } : { readonly [N in Name]: T }
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

async function fetchJson(method: string, address: string, body: unknown, signal: AbortSignal | undefined): Promise<unknown> {
  const timeout = AbortSignal.timeout(answerTimeoutMs)
  let answer: Response
  try {
    answer = await fetch(address, {
      method: method.toUpperCase(),
      credentials: 'same-origin',
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    })
  } catch (cause) {
    if (signal?.aborted === true) throw cause
    throw unreachable(cause)
  }
  if (!answer.ok) throw await answerProblem(answer)
  return answer.status === 204 ? {} : answer.json()
}

/**
 * Makes one call of the hub's API, typed by the contract. With the hub away, lists and single things are answered
 * from the last visit (remembered-answers.ts says since when).
 *
 * @throws ApiError with the hub's code; `hub.unreachable` when no answer came. An abort by `signal` is thrown as it is.
 */
export async function callHub<K extends HubCall>(call: K, ...[input]: NeedsInput<K>): Promise<ResponseOf<Api[K]>> {
  const { method, path } = hubCalls[call]
  const address = callAddress(path, input?.params, input?.query)
  try {
    const body = await fetchJson(method, address, input?.body, input?.signal)
    if (isRemembered(call)) void rememberAnswer(address, body)
    return body as ResponseOf<Api[K]>
  } catch (error) {
    if (hasCode(error, 'sign-in.required')) tellSignInLost()
    if (isUnreachable(error) && isRemembered(call)) {
      const remembered = await recallAnswer(address)
      if (remembered !== null) return remembered as ResponseOf<Api[K]>
    }
    throw error
  }
}

/** Address of a file's bytes, for a plain link: the browser then streams it to disk by itself. */
export const downloadAddress = (snapshotId: string, query: { readonly path?: string; readonly pathBase64?: string }): string =>
  callAddress(hubCalls.downloadFile.path, { snapshotId }, query)
