import { generateKeyPairSync } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { liveSeqHeader, Problem } from '@holdfast/shared-types'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Feature } from './define-feature.ts'
import {
  agentId,
  agentKey,
  allFeatures,
  appFor,
  hubId,
  logged,
  startTestApp,
  testedRoutes,
  user,
  type TestApp,
} from './testing/test-app.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.close())

const cookie = { cookie: 'other=1; holdfast=good' }
const problemOf = async (response: Response) => Problem.parse(await response.json())
const json = (value: unknown) => ({ method: 'POST', body: JSON.stringify(value), headers: { 'content-type': 'application/json' } })

describe('binding', () => {
  test('refuses to start when a call has no handler or two', () => {
    const appOf = (features: readonly Feature[]) => appFor({ features }, () => '')
    expect(() => appOf([{ name: 'tested', routes: testedRoutes }])).toThrow(/listSnapshots has no handler/)
    expect(() => appOf([...allFeatures, { name: 'again', routes: { health: async () => ({ status: 'ok', checks: {} }) } }])).toThrow(
      /health has a second handler in again/,
    )
  })

  test('gives the handler what the schemas made of the request and strips what the contract does not name', async () => {
    const answer = await app.call('/api/v1/me', { headers: cookie })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toContain('application/json')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toEqual({ id: user.userId, name: 'Ada', email: null, role: 'admin', hasPassword: true })
  })

  test('names the fields that do not fit', async () => {
    const answer = await app.call('/api/v1/sign-in', json({ email: 5, password: 'x', extra: 1 }))
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    const problem = await problemOf(answer)
    expect(problem.code).toBe('request.invalid')
    expect(problem.fields?.map((field) => field.path)).toEqual(['body.email', 'body'])
    expect(problem.requestId).toBe(answer.headers.get('x-request-id'))
  })

  test.each([
    ['a body that is not JSON', { method: 'POST', body: '{"a":', headers: { 'content-type': 'application/json' } }, 'request.invalid'],
    ['a form', { method: 'POST', body: new URLSearchParams({ email: 'a', password: 'b' }) }, 'request.invalid'],
    ['a body above 1 MiB', json({ email: 'a', password: 'x'.repeat(1024 * 1024) }), 'request.too-large'],
    ['no body', { method: 'POST' }, 'request.invalid'],
  ])('refuses %s', async (_, init, code) => {
    const answer = await app.call('/api/v1/sign-in', init)
    expect(answer.status).toBe(400)
    expect((await problemOf(answer)).code).toBe(code)
  })

  test('refuses a wrong id and a wrong query value', async () => {
    expect((await problemOf(await app.call('/api/v1/devices/nope', { headers: cookie }))).fields?.[0]?.path).toBe('params.agentId')
    expect((await problemOf(await app.call('/api/v1/runs?limit=0', { headers: cookie }))).fields?.[0]?.path).toBe('query.limit')
    expect((await problemOf(await app.call('/api/v1/runs?limit=1&limit=2', { headers: cookie }))).code).toBe('request.invalid')
  })

  test('passes bytes through in both directions', async () => {
    const bytes = new Uint8Array(3 * 1024 * 1024).fill(7)
    const headers = { authorization: `Bearer ${await agentToken()}` }
    const answer = await app.call(`/api/v1/runs/${hubId}/locate`, { method: 'POST', body: bytes, headers })
    expect(answer.headers.get('content-type')).toBe('application/octet-stream')
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true)
    const file = await app.call(`/api/v1/snapshots/${'ab'.repeat(16)}/file?path=/x`, { headers: cookie })
    expect([file.headers.get('content-type'), file.headers.get('content-disposition'), file.headers.get('x-content-type-options')]).toEqual(
      ['text/plain; charset=utf-8', 'attachment; filename="x"', 'nosniff'],
    )
  })
})

describe('errors', () => {
  test('say what happened and what to do, with the status of the registry', async () => {
    const answer = await app.call('/api/v1/runs?limit=7', { headers: cookie })
    expect(answer.status).toBe(409)
    expect(await problemOf(answer)).toMatchObject({
      code: 'run.already-active',
      type: '/api/docs#run.already-active',
      cure: expect.stringContaining('cancel'),
    })
  })

  test('say when to come back where that is known', async () => {
    const answer = await app.call('/api/v1/runs?limit=8', { headers: cookie })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '9'])
  })

  test('tell nothing of what is our mistake, and log it', async () => {
    logged.length = 0
    const answer = await app.call(`/api/v1/devices/${agentId}`, { headers: cookie })
    const body = await answer.text()
    expect(answer.status).toBe(500)
    expect(JSON.parse(body)).toMatchObject({ code: 'internal' })
    expect(body).not.toContain('SELECT')
    expect(logged).toMatchObject([{ event: 'request.crashed' }])
  })

  test('are problems for every unknown address of the API', async () => {
    for (const path of ['/api/v1/nope', '/api', '/health/nope']) {
      const answer = await app.call(path)
      expect(answer.status).toBe(404)
      expect((await problemOf(answer)).code).toBe('request.not-found')
    }
    expect((await problemOf(await app.call('/api/v1/me', { method: 'DELETE' }))).code).toBe('request.not-found')
  })
})

const agentToken = (change: { kid?: string; aud?: string; iat?: number; exp?: number; sub?: string } = {}) => {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({})
    .setProtectedHeader({ alg: 'EdDSA', kid: change.kid ?? agentId })
    .setIssuer(agentId)
    .setSubject(change.sub ?? agentId)
    .setAudience(change.aud ?? hubId)
    .setIssuedAt(change.iat ?? now)
    .setExpirationTime(change.exp ?? now + 300)
    .sign(agentKey)
}
const asAgent = async (token: string, path = '/api/v1/devices') => app.call(path, { headers: { authorization: `Bearer ${token}` } })

describe('actors', () => {
  test('says to people, and to nobody else, where the topics stood that tell what changes in an answer', async () => {
    expect((await app.call('/api/v1/devices', { headers: cookie })).headers.get(liveSeqHeader)).toBe('devices=7')
    expect((await app.call('/api/v1/me', { headers: cookie })).headers.get(liveSeqHeader)).toBeNull()
    // An agent cannot subscribe, and need not know how much happens elsewhere.
    expect((await asAgent(await agentToken())).headers.get(liveSeqHeader)).toBeNull()
  })

  test('lets a signed-in person, a device and nobody do what each may', async () => {
    expect((await app.call('/health/live')).status).toBe(200)
    expect(await (await app.call('/api/v1/devices', { headers: cookie })).json()).toMatchObject({ items: [{ name: 'user' }] })
    expect(await (await asAgent(await agentToken())).json()).toMatchObject({ items: [{ name: 'agent' }] })
    const anonymous = await app.call('/api/v1/devices')
    expect([anonymous.status, (await problemOf(anonymous)).code]).toEqual([401, 'sign-in.required'])
    const wrongKind = await asAgent(await agentToken(), '/api/v1/me')
    expect([wrongKind.status, (await problemOf(wrongKind)).code]).toEqual([403, 'access.denied'])
    const person = await app.call(`/api/v1/runs/${hubId}/snapshot-object`, { headers: cookie })
    expect([person.status, (await problemOf(person)).code]).toEqual([403, 'access.denied'])
  })

  test('takes an unknown cookie for nobody', async () => {
    expect((await app.call('/api/v1/me', { headers: { cookie: 'holdfast=bad' } })).status).toBe(401)
  })

  const now = () => Math.floor(Date.now() / 1000)
  test.each([
    ['of another hub', async () => agentToken({ aud: 'x' })],
    ['of an unknown device', async () => agentToken({ kid: hubId })],
    ['for another device', async () => agentToken({ sub: hubId })],
    ['that expired', async () => agentToken({ iat: now() - 500, exp: now() - 200 })],
    ['that lives too long', async () => agentToken({ exp: now() + 302 })],
    ['from the future', async () => agentToken({ iat: now() + 200, exp: now() + 400 })],
    [
      'of another key',
      async () =>
        new SignJWT({})
          .setProtectedHeader({ alg: 'EdDSA', kid: agentId })
          .setIssuer(agentId)
          .setSubject(agentId)
          .setAudience(hubId)
          .setIssuedAt()
          .setExpirationTime('5m')
          .sign(generateKeyPairSync('ed25519').privateKey),
    ],
    [
      'without signature',
      async () =>
        `${Buffer.from(JSON.stringify({ alg: 'none', kid: agentId })).toString('base64url')}.${Buffer.from(JSON.stringify({ sub: agentId, iss: agentId, aud: hubId, iat: now(), exp: now() + 100 })).toString('base64url')}.`,
    ],
    ['that is none', async () => 'garbage'],
  ])('refuses a token %s', async (_, make) => {
    const answer = await asAgent(await make())
    expect([answer.status, (await problemOf(answer)).code]).toEqual([401, 'agent.identity-invalid'])
  })

  test('tolerates two minutes between the clocks', async () => {
    expect((await asAgent(await agentToken({ iat: now() + 100, exp: now() + 400 }))).status).toBe(200)
    expect((await asAgent(await agentToken({ iat: now() - 400, exp: now() - 100 }))).status).toBe(200)
  })

  test('refuses a revoked device at once', async () => {
    const hub = await startTestApp({ isRevoked: true })
    const answer = await hub.call('/api/v1/devices', { headers: { authorization: `Bearer ${await agentToken()}` } })
    hub.close()
    expect([answer.status, (await problemOf(answer)).code]).toEqual([403, 'agent.revoked'])
  })
})

describe('requests of other sites', () => {
  /** Browsers set these headers; fetch of Node may not. */
  const post = (headers: Record<string, string>) =>
    new Promise<IncomingMessage>((resolve, reject) =>
      httpRequest(`${app.origin}/api/v1/sign-out`, { method: 'POST', headers }, resolve).on('error', reject).end(),
    )

  test.each([
    ['Sec-Fetch-Site cross-site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['Sec-Fetch-Site same-site (a sibling domain)', { 'sec-fetch-site': 'same-site' }, 403],
    ['a foreign Origin', { origin: 'https://evil.example' }, 403],
    ['an opaque Origin', { origin: 'null' }, 403],
    ['Sec-Fetch-Site same-origin', { 'sec-fetch-site': 'same-origin' }, 200],
    ['neither, as programs send', {}, 200],
  ])('with %s get %3$i', async (_, headers, status) => {
    const answer = await post({ ...cookie, ...(headers as Record<string, string>) })
    answer.resume()
    expect(answer.statusCode).toBe(status)
  })

  test('pass with the own Origin, and with a foreign one when a token and no cookie speaks for them', async () => {
    expect((await post({ ...cookie, origin: app.origin })).statusCode).toBe(200)
    const answer = await post({ 'sec-fetch-site': 'cross-site', authorization: `Bearer ${await agentToken()}` })
    expect([answer.statusCode, JSON.parse(await text(answer))]).toMatchObject([403, { code: 'access.denied' }]) // refused as a device, not as a foreign page
  })

  test('may read nothing either: no CORS header is ever sent', async () => {
    expect(
      (await app.call('/api/v1/me', { headers: { ...cookie, origin: 'https://evil.example' } })).headers.get('access-control-allow-origin'),
    ).toBeNull()
  })
})

describe('headers', () => {
  test('allow own scripts only, and ask for no upgrade on plain HTTP', async () => {
    const policy = (await app.call('/')).headers.get('content-security-policy') ?? ''
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("style-src 'self' 'unsafe-inline'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('upgrade-insecure-requests')
  })

  test('allow WebAssembly to the worker that holds keys alone', async () => {
    const policyOf = async (path: string) => (await app.call(path)).headers.get('content-security-policy') ?? ''
    expect(await policyOf('/assets/vault-worker-Ab_c-12.js')).toContain("script-src 'self' 'wasm-unsafe-eval';")
    for (const path of ['/', '/assets/index-Ab12.js', '/assets/vault-worker-1.js/x', '/x/assets/vault-worker-1.js'])
      expect(await policyOf(path)).toContain("script-src 'self';")
  })

  test('put the sign-in out of reach of scripts', async () => {
    const answer = await app.call('/api/v1/sign-in', json({ email: 'a@b.example', password: 'x' }))
    expect(answer.headers.getSetCookie()).toEqual([`holdfast=${'x'.repeat(43)}; Path=/; HttpOnly; SameSite=Lax; Max-Age=1`])
  })
})
