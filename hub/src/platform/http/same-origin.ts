import type { IncomingHttpHeaders } from 'node:http'
import { AppError } from '@holdfast/shared-types'
import type { HubMiddleware } from './hub-context.ts'

/**
 * True unless a page of another origin sent this request: Sec-Fetch-Site where the browser tells it, else Origin against the hub's
 * public origin and the address that was asked. Programs send neither and carry no ambient cookie, so they pass.
 * The same rule as Go's http.CrossOriginProtection.
 */
export function isSameOrigin(headers: IncomingHttpHeaders, publicOrigin: string): boolean {
  const site = headers['sec-fetch-site']
  if (typeof site === 'string') return site === 'same-origin' || site === 'none'
  return isOwnOrigin(headers, publicOrigin)
}

/** As above by Origin alone: browsers send Sec-Fetch-Site with WebSockets too, but not all do. */
export function isOwnOrigin(headers: IncomingHttpHeaders, publicOrigin: string): boolean {
  const { origin, host } = headers
  if (origin === undefined) return true
  if (origin === publicOrigin) return true
  // `localhost` and `127.0.0.1` are one hub; the cookie is bound to the host anyway.
  return host !== undefined && URL.parse(origin)?.host === host
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Refuses requests that another site's page makes in a signed-in person's name. Bearer tokens are not ambient and pass. */
export const refuseCrossOrigin =
  (publicOrigin: () => string): HubMiddleware =>
  (ctx, next) => {
    const isBearer = /^bearer /i.test(ctx.get('authorization'))
    if (!safeMethods.has(ctx.method) && !isBearer && !isSameOrigin(ctx.headers, publicOrigin())) throw new AppError('request.cross-origin')
    return next()
  }
