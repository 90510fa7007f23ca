import type { HubMiddleware } from './hub-context.ts'
import { loadStaticFiles } from './static-files.ts'

const notBuilt = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Holdfast</title></head>
<body>
<h1>Holdfast runs</h1>
<p>The console is not built yet. In the folder of the source run <code>npm run build</code>, then start the hub again.</p>
<p>The API is there: <a href="/api/docs">/api/docs</a></p>
</body>
</html>
`

/** Addresses that are never the web app's: a wrong one there is a problem, not a page. */
const notPages = /^\/(api|health|metrics|socket\.io)(\/|$)/

/** The console: its files, and index.html for every address that only its own router knows. */
export function webApp(root: string): HubMiddleware {
  const files = loadStaticFiles(root, (path) => path.startsWith('/assets/'))
  return async (ctx, next) => {
    if ((ctx.method !== 'GET' && ctx.method !== 'HEAD') || notPages.test(ctx.path)) return next()
    const isPage = ctx.path === '/' || !/\.\w+$/.test(ctx.path)
    const file = files.get(isPage ? '/index.html' : ctx.path)
    if (file) return file.send(ctx)
    if (!isPage) return next()
    ctx.status = 503
    ctx.set('cache-control', 'no-store')
    ctx.type = 'html'
    ctx.body = notBuilt
  }
}
