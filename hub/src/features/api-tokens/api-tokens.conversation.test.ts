import type { ApiToken } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestHub } from '../../../test/test-hub.ts'
import { addPerson, addToken, callWith, endOf, openLive } from '../../../test/test-people.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start()
})
afterAll(() => hub.stop())

const listOf = async (cookie?: string, path = '/api/v1/me/tokens') => (await hub.json<{ items: ApiToken[] }>(hub.get(path, cookie))).items
const revoke = (id: string, cookie?: string, path = '/api/v1/me/tokens') => hub.post(`${path}/${id}`, undefined, cookie, 'DELETE')

describe('an API token', () => {
  test('is shown once, found by its prefix, and kept as a hash', async () => {
    const { cookie } = await addPerson(hub, 'operator')
    const { token, apiToken } = await addToken(hub, cookie, 'run')
    expect(token).toMatch(/^hft_[\w-]{43}$/)
    expect(apiToken).toMatchObject({ name: 'for run', scope: 'run', ownerName: 'operator', lastUsedAtMs: null, revokedAtMs: null })
    expect(token.startsWith(apiToken.beginsWith) && apiToken.beginsWith.length === 8).toBe(true)
    expect(apiToken.expiresAtMs).toBeGreaterThan(Date.now() + 364 * 86_400_000)
    expect(await listOf(cookie)).toEqual([apiToken])
    expect(await hub.sql(`select 1 from api_token where token_hash = sha256(convert_to($1, 'UTF8'))`, [token])).toHaveLength(1)
    const everything = await hub.sql<{ row: string }>(
      'select row_to_json(t)::text as row from api_token t union all select row_to_json(a)::text from audit_entry a',
    )
    expect(everything.some(({ row }) => row.includes(token.slice(12)))).toBe(false)
  })

  test('calls the API and the live connection, from any page, and tells when and where it was used', async () => {
    const { cookie } = await addPerson(hub, 'operator')
    const { token, apiToken } = await addToken(hub, cookie, 'run')
    const agent = await hub.enrol()
    const path = `/api/v1/devices/${agent.agentId}/runs`
    const body = JSON.stringify({ kind: 'backup', sources: [{ path: '/home' }] })
    // What another site's page sends with a cookie is refused; a token is not ambient.
    const foreign = { 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' }
    expect(await hub.refusal(fetch(hub.origin + path, { method: 'POST', body, headers: { ...foreign, cookie } }))).toEqual([
      403,
      'request.cross-origin',
    ])
    const started = await fetch(hub.origin + path, { method: 'POST', body, headers: { ...foreign, authorization: `Bearer ${token}` } })
    expect([started.status, ((await started.json()) as { requestedBy: string }).requestedBy]).toEqual([201, 'operator'])
    const { socket, answer } = await openLive(hub, { authorization: `Bearer ${token}`, origin: 'https://elsewhere.example' })
    expect(answer).toBe('connected')
    expect(await socket.timeout(20_000).emitWithAck('subscribe', { topic: 'runs' })).toMatchObject({ ok: true })
    socket.disconnect()
    const used = (await listOf(cookie)).find(({ id }) => id === apiToken.id)
    expect(used?.lastUsedAtMs).toBeGreaterThan(Date.now() - 60_000)
    expect(used?.lastUsedAddress).toContain('127.0.0.1')
  })

  test('may never be more than its owner is, when it is made and when it is used', async () => {
    const viewer = await addPerson(hub, 'viewer')
    for (const scope of ['run', 'admin'])
      expect(await hub.refusal(hub.post('/api/v1/me/tokens', { name: 'x', scope }, viewer.cookie))).toEqual([403, 'token.scope-too-wide'])
    const admin = await addPerson(hub, 'admin', 'for-a-while')
    const { token } = await addToken(hub, admin.cookie, 'admin')
    expect((await callWith(hub, token, '/api/v1/users')).status).toBe(200)
    await hub.json(hub.post(`/api/v1/users/${admin.account.id}`, { role: 'operator' }, undefined, 'PATCH'))
    expect(await hub.refusal(callWith(hub, token, '/api/v1/users'))).toEqual([403, 'access.denied'])
    const narrow = await addToken(hub, admin.cookie, 'read')
    expect(
      await hub.refusal(callWith(hub, narrow.token, '/api/v1/runs/6ba7b810-9dad-41d1-80b4-00c04fd430c8/cancel', { method: 'POST' })),
    ).toEqual([403, 'token.scope-too-small'])
  })

  test('ends at its time', async () => {
    const { cookie } = await addPerson(hub, 'viewer')
    const made = await hub.json<{ token: string; apiToken: ApiToken }>(
      hub.post('/api/v1/me/tokens', { name: 'x', scope: 'read', expiresInDays: 1 }, cookie),
    )
    expect((await callWith(hub, made.token, '/api/v1/me')).status).toBe(200)
    await hub.sql(`update api_token set expires_at = now() where id = $1`, [made.apiToken.id])
    expect(await hub.refusal(callWith(hub, made.token, '/api/v1/me'))).toEqual([401, 'token.invalid'])
    const forever = await hub.json<{ apiToken: ApiToken }>(hub.post('/api/v1/me/tokens', { name: 'x', expiresInDays: null }, cookie))
    expect(forever.apiToken).toMatchObject({ expiresAtMs: null, scope: 'read' })
  })

  test.each(['hft_', 'hft_wrong', `hft_${'x'.repeat(43)}`])('that is none is refused, whatever cookie comes with it: %s', async (token) => {
    const { cookie } = await addPerson(hub, 'viewer')
    const answer = fetch(`${hub.origin}/api/v1/me`, { headers: { cookie, authorization: `Bearer ${token}` } })
    expect(await hub.refusal(answer)).toEqual([401, 'token.invalid'])
  })
})

describe('revoking a token', () => {
  test('ends it at once, with what is open by it', async () => {
    const { cookie } = await addPerson(hub, 'viewer')
    const { token, apiToken } = await addToken(hub, cookie, 'read')
    const { socket } = await openLive(hub, { authorization: `Bearer ${token}` })
    const ended = endOf(socket)
    expect((await revoke(apiToken.id, cookie)).status).toBe(200)
    expect(await ended).toBe('io server disconnect')
    expect(await hub.refusal(callWith(hub, token, '/api/v1/me'))).toEqual([401, 'token.invalid'])
    expect((await listOf(cookie))[0]?.revokedAtMs).toBeGreaterThan(0)
  })

  test('is for one’s own, and for all by an administrator', async () => {
    const [one, two] = [await addPerson(hub, 'operator', 'one'), await addPerson(hub, 'operator', 'two')]
    const { token, apiToken } = await addToken(hub, one.cookie, 'read')
    expect(await hub.refusal(revoke(apiToken.id, two.cookie))).toEqual([404, 'token.not-found'])
    expect(await hub.refusal(revoke(apiToken.id, two.cookie, '/api/v1/tokens'))).toEqual([403, 'access.denied'])
    expect((await listOf(two.cookie)).map(({ id }) => id)).not.toContain(apiToken.id)
    expect((await listOf(undefined, '/api/v1/tokens')).find(({ id }) => id === apiToken.id)?.ownerName).toBe('one')
    expect((await revoke(apiToken.id, undefined, '/api/v1/tokens')).status).toBe(200)
    expect((await callWith(hub, token, '/api/v1/me')).status).toBe(401)
  })
})

describe('the command line of the hub’s machine', () => {
  const create = (input: object) => hub.hub.admin('token.create', { name: 'nightly', scope: 'read', expiresInDays: 30, ...input })

  test('makes a token for an account, and no wider than its role', async () => {
    const { email } = await addPerson(hub, 'viewer', 'nightly')
    const made = (await create({ email: email.toUpperCase() })) as { token: string; apiToken: ApiToken }
    expect(await hub.json(callWith(hub, made.token, '/api/v1/me'))).toMatchObject({ email: email.toLowerCase() })
    await expect(create({ email, scope: 'admin' })).rejects.toMatchObject({ code: 'token.scope-too-wide' })
    await expect(create({ email: 'nobody@example.org' })).rejects.toMatchObject({ code: 'account.not-found' })
    await expect(create({ email, scope: 'everything' })).rejects.toMatchObject({ code: 'request.invalid' })
  })
})
