import type { RequestContext } from './define-feature.ts'
import type { HubKoaContext } from './hub-context.ts'
import { readCookie } from './resolve-actor.ts'

export interface CookieRules {
  /** Only over HTTPS. */
  readonly secure: boolean
}

/** The few things of HTTP that handlers may touch. */
export function requestContextOf(ctx: HubKoaContext, cookies: CookieRules): RequestContext {
  const gone = new AbortController()
  ctx.res.once('close', () => {
    if (!ctx.res.writableFinished) gone.abort()
  })
  return {
    requestId: ctx.state.requestId,
    address: ctx.ip,
    headers: ctx.headers,
    signal: gone.signal,
    setStatus: (status) => void (ctx.state.status = status),
    cookie: (name) => readCookie(ctx.headers.cookie, name),
    setCookie: (name, value, { maxAgeMs }) => {
      const parts = [
        `${name}=${value ?? ''}`,
        'Path=/',
        'HttpOnly',
        'SameSite=Lax',
        `Max-Age=${value === null ? 0 : Math.floor(maxAgeMs / 1000)}`,
      ]
      ctx.append('set-cookie', [...parts, ...(cookies.secure ? ['Secure'] : [])].join('; '))
    },
  }
}
