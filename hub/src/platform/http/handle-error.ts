import { AppError, errorFacts, toProblem, type Problem } from '@holdfast/shared-types'
import type { Logger } from '../logging/logger.ts'
import { asAppError } from './as-app-error.ts'
import type { HubMiddleware } from './hub-context.ts'
import { RequestInvalid } from './request-invalid.ts'

/**
 * The edge of HTTP: whatever is thrown becomes problem details (RFC 9457) with the registry's status. What is not an `AppError` is
 * our mistake: told as `internal` without any detail, and logged.
 */
export const handleError =
  (log: Logger): HubMiddleware =>
  async (ctx, next) => {
    try {
      await next()
      if (ctx.status === 404 && ctx.body === undefined) throw new AppError('request.not-found')
    } catch (error) {
      // Nobody is there to be told. `writable` says nothing here: a response whose socket is gone keeps it.
      if (ctx.res.destroyed && isEndOfCaller(error)) return
      const problem = asProblem(error)
      logRefusal(log, problem, error)
      if (ctx.res.destroyed) return
      ctx.status = errorFacts(problem.code).status
      const body: Problem = {
        ...toProblem(problem, ctx.state.requestId),
        ...(problem instanceof RequestInvalid ? { fields: problem.fields } : {}),
      }
      const { retryAfterSeconds } = problem.context
      if (typeof retryAfterSeconds === 'number') ctx.set('retry-after', String(retryAfterSeconds))
      ctx.set('cache-control', 'no-store')
      ctx.body = JSON.stringify(body)
      ctx.type = 'application/problem+json'
    }
  }

/** What reading a body fails with when its sender goes away, or when a handler had enough of it. */
function isEndOfCaller(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ABORT_ERR'
}

function asProblem(error: unknown): AppError {
  // Koa's own refusals: an address or header that cannot be decoded.
  const isUndecodable = !(error instanceof AppError) && error instanceof Error && 'status' in error && error.status === 400
  return isUndecodable ? new AppError('request.invalid', { cause: error }) : asAppError(error)
}

function logRefusal(log: Logger, problem: AppError, error: unknown): void {
  const level = errorFacts(problem.code).log
  if (problem.code === 'internal') log.error({ event: 'request.crashed', err: error }, 'Request ended in an unexpected error')
  else log[level]({ event: 'request.refused', code: problem.code, ...(level === 'info' ? {} : { err: error }) }, 'Request refused')
}
