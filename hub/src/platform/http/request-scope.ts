import { randomUUID } from 'node:crypto'
import { logScope } from '../logging/log-scope.ts'
import type { Logger } from '../logging/logger.ts'
import type { HubMiddleware } from './hub-context.ts'

/** Gives each request an id of its own (told to the caller, carried by every log line) and writes one line when it is done. */
export const requestScope =
  (log: Logger): HubMiddleware =>
  async (ctx, next) => {
    const startedAt = performance.now()
    ctx.state.requestId = randomUUID()
    ctx.state.route = null
    ctx.state.actor = null
    ctx.state.status = null
    ctx.set('x-request-id', ctx.state.requestId)
    await logScope.run({ requestId: ctx.state.requestId }, async () => {
      await next()
      log.debug(
        {
          event: 'request.finished',
          method: ctx.method,
          route: ctx.state.route ?? 'other',
          status: ctx.status,
          durationMs: Math.round(performance.now() - startedAt),
        },
        'Request finished',
      )
    })
  }
