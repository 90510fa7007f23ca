import { bodyParser } from '@koa/bodyparser'
import { AppError } from '@holdfast/shared-types'
import type { HubKoaContext } from './hub-context.ts'
import { RequestInvalid } from './request-invalid.ts'

/** 1 MiB: the largest JSON of the contract (10,000 paths of a restore) stays below; bulk bytes have their own calls. */
const maxJson = '1mb'

const parse = bodyParser({
  enableTypes: ['json'],
  jsonLimit: maxJson,
  onError: (error) => {
    if ('status' in error && error.status === 413) throw new AppError('request.too-large', { cause: error })
    throw new RequestInvalid([{ path: 'body', message: 'is not JSON' }], error)
  },
})

/** 1 MiB over 28 kbit/s: whoever takes longer holds a connection, and needs no sign-in for that. Packs have more time (http-server.ts). */
const longestMs = 300_000

/**
 * The JSON body of a request; undefined where there is none. The connection of a body that is not whole within `withinMs` is closed.
 *
 * @throws AppError `request.too-large`, `request.invalid`
 */
export async function readJsonBody(ctx: HubKoaContext, withinMs = longestMs): Promise<unknown> {
  if (!ctx.request.is('json')) {
    // A form or text would be a request that another site's page may send without being asked first (CORS).
    if (ctx.request.length !== undefined && ctx.request.length > 0)
      throw new RequestInvalid([{ path: 'body', message: 'must be application/json' }])
    return undefined
  }
  const slow = setTimeout(() => ctx.req.destroy(), withinMs)
  try {
    await parse(ctx, async () => undefined)
  } finally {
    clearTimeout(slow)
  }
  return ctx.request.body
}
