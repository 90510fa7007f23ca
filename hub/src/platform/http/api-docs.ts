import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { readFileSync } from 'node:fs'
import { errorFacts, errorRegistry, type ErrorCode } from '@holdfast/shared-types'
import Router from 'koa-router'
import type { HubState } from './hub-context.ts'
import { openApiDocument } from './openapi-document.ts'
import { StaticFile } from './static-files.ts'

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Every error has its place here: `type` of a problem points to `/api/docs#<code>`. */
function errorRows(): string {
  return (Object.keys(errorRegistry) as ErrorCode[])
    .map((code) => {
      const { status, title, cure } = errorFacts(code)
      return `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${escapeHtml(title)}</td><td>${escapeHtml(cure)}</td></tr>`
    })
    .join('\n')
}

const page = (): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast API</title>
<link rel="icon" href="/api/docs/icon.png">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<link rel="stylesheet" href="/api/docs/page.css">
</head>
<body>
<div id="swagger-ui"></div>
<main class="errors">
<h2>Errors</h2>
<p>Answers that are not a success are problem details (RFC 9457). The code is stable; scripts may key on it.</p>
<table><thead><tr><th>Code</th><th>Status</th><th>What happened</th><th>What to do</th></tr></thead><tbody>
${errorRows()}
</tbody></table>
</main>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/page.js"></script>
</body>
</html>
`

// No validator badge: it would ask a server on the internet. deepLinking is off because the hash belongs to the error codes.
const script = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#swagger-ui', deepLinking: false, docExpansion: 'list', defaultModelsExpandDepth: 0, validatorUrl: null })
`

const style = `.errors { max-width: 1460px; margin: 0 auto; padding: 0 20px 40px; font-family: sans-serif; color: #3b4151 }
.errors table { border-collapse: collapse; font-size: 14px }
.errors th, .errors td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; border-top: 1px solid #d8dde7 }
.errors tr:target { background: #fff3c4 }
`

/** `/api/openapi.json` and the interactive page `/api/docs`: all from this process, nothing from the internet. */
export function apiDocs(hubVersion: string, cookieName: string): Router<HubState> {
  const dist = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  const files: Readonly<Record<string, StaticFile>> = {
    '/api/openapi.json': new StaticFile('openapi.json', Buffer.from(JSON.stringify(openApiDocument(hubVersion, cookieName))), false),
    '/api/docs': new StaticFile('docs.html', Buffer.from(page()), false),
    '/api/docs/page.js': new StaticFile('page.js', Buffer.from(script), false),
    '/api/docs/page.css': new StaticFile('page.css', Buffer.from(style), false),
    '/api/docs/icon.png': new StaticFile('icon.png', readFileSync(join(dist, 'favicon-32x32.png')), false),
    '/api/docs/swagger-ui.css': new StaticFile('swagger-ui.css', readFileSync(join(dist, 'swagger-ui.css')), false),
    '/api/docs/swagger-ui-bundle.js': new StaticFile('swagger-ui-bundle.js', readFileSync(join(dist, 'swagger-ui-bundle.js')), false),
  }
  const router = new Router<HubState>()
  for (const [path, file] of Object.entries(files)) {
    router.get(path, async (ctx) => {
      ctx.state.route = path
      await file.send(ctx)
    })
  }
  return router
}
