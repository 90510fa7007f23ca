import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { brotliDecompressSync } from 'node:zlib'
import { api } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from './testing/test-app.ts'

let app: TestApp
let webRoot = ''
beforeAll(async () => {
  webRoot = mkdtempSync(join(tmpdir(), 'holdfast-web-'))
  mkdirSync(join(webRoot, 'assets'))
  writeFileSync(join(webRoot, 'index.html'), '<!doctype html><title>console</title>')
  writeFileSync(join(webRoot, 'assets', 'app-abc.js'), `export const x = ${JSON.stringify('y'.repeat(5000))}`)
  app = await startTestApp({ webRoot })
})
afterAll(() => {
  app.close()
  rmSync(webRoot, { recursive: true })
})

describe('web app', () => {
  test('serves every deep link the page, and assets for ever', async () => {
    for (const path of ['/', '/devices/abc', '/sign-in']) {
      const answer = await app.call(path)
      expect([answer.status, answer.headers.get('cache-control'), await answer.text()]).toEqual([
        200,
        'no-cache',
        '<!doctype html><title>console</title>',
      ])
    }
    const asset = await app.call('/assets/app-abc.js')
    expect([asset.headers.get('cache-control'), asset.headers.get('content-type')]).toEqual([
      'public, max-age=31536000, immutable',
      'text/javascript; charset=utf-8',
    ])
  })

  test('compresses as the browser likes it and answers 304 to what it has', async () => {
    const raw = await new Promise<IncomingMessage>((resolve) =>
      httpRequest(`${app.origin}/assets/app-abc.js`, { headers: { 'accept-encoding': 'br' } }, resolve).end(),
    )
    const packed = await buffer(raw)
    expect([
      raw.headers['content-encoding'],
      raw.headers.vary?.toLowerCase(),
      packed.length < 1000,
      brotliDecompressSync(packed).length,
    ]).toEqual(['br', 'accept-encoding', true, 5019])
    const again = await new Promise<IncomingMessage>((resolve) =>
      httpRequest(
        `${app.origin}/assets/app-abc.js`,
        { headers: { 'accept-encoding': 'br', 'if-none-match': raw.headers.etag ?? '' } },
        resolve,
      ).end(),
    )
    expect([again.statusCode, (await buffer(again)).length]).toEqual([304, 0])
  })

  test.each(['/assets/missing.js', '/../../etc/passwd.txt', '/%2e%2e/secret.txt', '/sw.js'])('has nothing at %s', async (path) => {
    expect((await app.call(path)).status).toBe(404)
  })

  test('says how to build it when it is not there', async () => {
    const bare = await startTestApp()
    const answer = await bare.call('/')
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('npm run build')])
    bare.close()
  })
})

describe('API documentation', () => {
  test('is OpenAPI 3.1 with every call of the contract', async () => {
    const document = (await (await app.call('/api/openapi.json')).json()) as {
      openapi: string
      info: { version: string }
      paths: Record<string, Record<string, { operationId: string; responses: object }>>
    }
    expect([document.openapi, document.info.version]).toEqual(['3.1.0', '1.2.3'])
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
    expect(operations.map((operation) => operation.operationId).toSorted()).toEqual(Object.keys(api).toSorted())
    expect(operations.every((operation) => 'default' in operation.responses)).toBe(true)
  })

  test('has a page of own files only, with a place for every error', async () => {
    const page = await (await app.call('/api/docs')).text()
    expect(page).not.toMatch(/https?:\/\//)
    expect(page).toContain('id="vault.wrong-key"')
    const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '')
    expect(files).toHaveLength(5)
    for (const file of files) expect((await app.call(file)).status).toBe(200)
  })
})
