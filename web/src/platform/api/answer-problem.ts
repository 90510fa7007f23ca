import type { Problem } from '@holdfast/shared-types'
import { ApiError } from '../errors/api-error.ts'
import { textOf } from '../i18n/text.ts'

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string' && 'detail' in body && 'cure' in body

/** The error for a call that got no answer from the hub. English, as all words of a sender are; the page translates by code. */
export const unreachable = (cause?: unknown): ApiError =>
  new ApiError({
    code: 'hub.unreachable',
    message: textOf('errors.hub.unreachable.what', {}, 'en'),
    cure: textOf('errors.hub.unreachable.cure', {}, 'en'),
    cause,
  })

/** The hub says seconds; a date, which a proxy may say, is not read. */
function retryAfterMsOf(answer: Response): number | undefined {
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined
}

/**
 * The error for an answer that is not a success. What has no problem body did not come from the hub: a proxy's 5xx
 * means the hub is away, anything else is shown by its status.
 */
export async function answerProblem(answer: Response): Promise<ApiError> {
  const body: unknown = await answer.json().catch(() => null)
  if (isProblem(body)) {
    return new ApiError({
      code: body.code,
      message: body.detail,
      cure: body.cure,
      status: answer.status,
      requestId: body.requestId,
      fields: body.fields,
      retryAfterMs: retryAfterMsOf(answer),
    })
  }
  if (answer.status >= 500) return unreachable(`HTTP ${answer.status}`)
  return new ApiError({ code: 'internal', message: `HTTP ${answer.status} ${answer.statusText}`.trim(), status: answer.status })
}
