import helmet from 'koa-helmet'
import type { HubMiddleware } from './hub-context.ts'

/**
 * The script of the worker that holds the keys of a private vault (web/src/features/private-vaults/worker): it compiles WebAssembly, which takes a word of its
 * own. A worker goes by the policy of its own script, so that pages are none the looser for it.
 */
const compilesWebAssembly = /^\/assets\/vault-worker-[\w-]+\.js$/

/**
 * Strict headers for every answer. `style-src 'unsafe-inline'` is for the components of the web app, which set style attributes;
 * scripts are only our own files. On plain HTTP (loopback, or behind a proxy that speaks for itself) nothing asks for an upgrade.
 */
export function securityHeaders(isHttps: boolean): HubMiddleware {
  const ofPages = headersOf(isHttps, ["'self'"])
  const ofVaultWorker = headersOf(isHttps, ["'self'", "'wasm-unsafe-eval'"])
  return (ctx, next) => (compilesWebAssembly.test(ctx.path) ? ofVaultWorker : ofPages)(ctx, next)
}

function headersOf(isHttps: boolean, scripts: readonly string[]): HubMiddleware {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        'script-src': [...scripts],
        'style-src': ["'self'", "'unsafe-inline'"],
        'connect-src': ["'self'"],
        'worker-src': ["'self'"],
        'manifest-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'"],
        'object-src': ["'none'"],
        'base-uri': ["'self'"],
        'form-action': ["'self'"],
        'frame-ancestors': ["'none'"],
        ...(isHttps ? { 'upgrade-insecure-requests': [] } : {}),
      },
    },
    strictTransportSecurity: isHttps ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
  })
}
