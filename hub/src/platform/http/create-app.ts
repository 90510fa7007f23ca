import Koa from 'koa'
import type { Logger } from '../logging/logger.ts'
import { apiDocs } from './api-docs.ts'
import { bindRoutes, type RouteBinding } from './bind-routes.ts'
import { handleError } from './handle-error.ts'
import type { HubState } from './hub-context.ts'
import { requestScope } from './request-scope.ts'
import { refuseCrossOrigin } from './same-origin.ts'
import { securityHeaders } from './security-headers.ts'
import { webApp } from './web-app.ts'

export interface AppOptions extends Omit<RouteBinding, 'cookies'> {
  readonly log: Logger
  readonly hubVersion: string
  readonly webRoot: string
  readonly isHttps: boolean
  /** X-Forwarded-* of the proxy in front are believed. */
  readonly trustProxy: boolean
  readonly publicOrigin: () => string
}

/** All of HTTP, in the order a request meets it. */
export function createApp(options: AppOptions): Koa<HubState> {
  // One proxy is trusted: the address it saw is the last of X-Forwarded-For; what stands before it is whatever the caller wrote there.
  const app = new Koa<HubState>({ proxy: options.trustProxy, maxIpsCount: 1 })
  // Errors of a response stream that broke off: the answer has begun, so the log is the only place left.
  app.on('error', (error: unknown) => options.log.warn({ event: 'response.broken', err: error }, 'An answer could not be sent to its end'))
  app.use(requestScope(options.log))
  app.use(handleError(options.log))
  app.use(securityHeaders(options.isHttps))
  app.use(refuseCrossOrigin(options.publicOrigin))
  app.use(bindRoutes({ ...options, cookies: { secure: options.isHttps } }).routes())
  app.use(apiDocs(options.hubVersion, options.actors.cookieName).routes())
  app.use(webApp(options.webRoot))
  return app
}
