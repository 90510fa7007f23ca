import { randomUUID } from 'node:crypto'
import { AuditEntry, type Purge, type Vault } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestHub } from '../../../test/test-hub.ts'
import { addPerson, addToken, auditOf, callWith, openLive } from '../../../test/test-people.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start()
})
afterAll(() => hub.stop())

const newest = async (query = '') => (await auditOf(hub, query))[0] as AuditEntry
const theVault = async () => (await hub.json<{ items: Vault[] }>(hub.get('/api/v1/vaults'))).items[0] as Vault

describe('a line of the audit log', () => {
  test('says who did what, on what, from where, and with which request', async () => {
    const admin = await addPerson(hub, 'admin', 'ann')
    const email = `${randomUUID()}@example.org`
    const answer = await hub.post('/api/v1/users', { name: 'Bob', email, role: 'viewer' }, admin.cookie)
    const { user } = (await answer.json()) as { user: { id: string } }
    const entry = await newest(`actorId=${admin.account.id}`)
    expect(AuditEntry.parse(entry)).toMatchObject({
      actor: { kind: 'person', id: admin.account.id, name: 'ann', viaTokenId: null },
      action: 'createUser',
      object: { kind: 'account', id: user.id, name: 'Bob' },
      outcome: 'done',
      code: null,
      requestId: answer.headers.get('x-request-id'),
      details: { role: 'viewer' },
    })
    expect(entry.address).toContain('127.0.0.1')
    await hub.json(hub.post(`/api/v1/users/${user.id}`, { role: 'operator' }, admin.cookie, 'PATCH'))
    expect((await newest(`objectId=${user.id}`)).details).toMatchObject({ roleBefore: 'viewer', role: 'operator' })
  })

  test('is there for runs, tokens, enrolments and programs as for people', async () => {
    const operator = await addPerson(hub, 'operator', 'olga')
    const { token, apiToken } = await addToken(hub, operator.cookie, 'run')
    expect(await newest(`actorId=${operator.account.id}`)).toMatchObject({
      action: 'createMyToken',
      object: { kind: 'api-token', id: apiToken.id, name: 'for run' },
      details: { scope: 'run' },
    })
    const agent = await hub.enrol('laptop')
    expect(await newest('action=enrol')).toMatchObject({
      actor: { kind: 'device', id: agent.agentId, name: 'laptop' },
      object: { kind: 'device', id: agent.agentId },
    })
    const body = JSON.stringify({ kind: 'backup', sources: [{ path: '/home' }] })
    const { id } = await hub.json<{ id: string }>(callWith(hub, token, `/api/v1/devices/${agent.agentId}/runs`, { method: 'POST', body }))
    expect(await newest('action=startRun')).toMatchObject({
      actor: { id: operator.account.id, viaTokenId: apiToken.id },
      object: { kind: 'device', id: agent.agentId },
    })
    await hub.json(agent.call(`/api/v1/runs/${id}/cancel`, { method: 'POST' }))
    expect(await newest('action=cancelRun')).toMatchObject({ actor: { kind: 'device', id: agent.agentId }, object: { kind: 'run', id } })
  })

  test('is one for each action, also for what has no transaction, failed, or was done by many at once', async () => {
    const { account, cookie } = await addPerson(hub, 'admin', 'many')
    const count = async () => (await auditOf(hub, `actorId=${account.id}&limit=1000`)).length
    const before = await count()
    await Promise.all([
      ...Array.from({ length: 10 }, () => hub.post('/api/v1/enrolment-tokens', {}, cookie)),
      ...Array.from({ length: 10 }, () => hub.post(`/api/v1/users/${randomUUID()}/disable`, {}, cookie)),
    ])
    expect(await count()).toBe(before + 20)
    const [entry] = await auditOf(hub, `actorId=${account.id}&action=disableUser`)
    expect(entry).toMatchObject({ outcome: 'refused', code: 'account.not-found' })
    // Looking leaves no line, and what did not fit the contract did nothing.
    await hub.get('/api/v1/users', cookie)
    await hub.post('/api/v1/users', { name: '' }, cookie)
    expect(await count()).toBe(before + 20)
  })

  test('is there exactly if the action is', async () => {
    const { account } = await addPerson(hub, 'viewer', 'atomic')
    await hub.sql(
      `create function break_it() returns trigger language plpgsql as $$ begin if new.action = 'updateUser' and new.outcome = 'done' then raise exception 'broken'; end if; return new; end $$`,
    )
    await hub.sql('create trigger break_it before insert on audit_entry for each row execute function break_it()')
    const answer = await hub.post(`/api/v1/users/${account.id}`, { role: 'admin' }, undefined, 'PATCH')
    await hub.sql('drop trigger break_it on audit_entry')
    expect(answer.status).toBe(500)
    expect(await hub.sql(`select role from user_account where id = $1`, [account.id])).toEqual([{ role: 'viewer' }])
    expect(await newest(`objectId=${account.id}`)).toMatchObject({ action: 'updateUser', outcome: 'failed', code: 'internal' })
  })

  test('tells of sign-ins, and of those that failed, without what was typed', async () => {
    const person = await addPerson(hub, 'viewer', 'sonja')
    expect(await newest('action=signInWithLink')).toMatchObject({ outcome: 'done', object: { kind: 'account', id: person.account.id } })
    await hub.post('/api/v1/sign-in', { email: person.email, password: 'guess-4711' }, '')
    expect(await newest('action=signIn')).toMatchObject({
      actor: { kind: 'nobody' },
      object: { kind: 'account', id: person.account.id },
      outcome: 'refused',
      code: 'sign-in.failed',
    })
    await hub.post('/api/v1/sign-in', { email: 'my-password-in-the-wrong-field', password: 'guess-4711' }, '')
    expect(await newest('action=signIn')).toMatchObject({ actor: { kind: 'nobody' }, object: null, code: 'sign-in.failed' })
    const lines = async () => (await auditOf(hub, 'action=signIn&limit=1000')).length
    for (let i = 0; i < 3; i++) await hub.post('/api/v1/sign-in', { email: person.email, password: 'x' }, '')
    const before = await lines()
    // Who has to wait leaves no lines: an attacker must not fill the log.
    for (let i = 0; i < 10; i++) await hub.post('/api/v1/sign-in', { email: person.email, password: 'x' }, '')
    expect((await lines()) - before).toBeLessThanOrEqual(1)
    const rows = await hub.sql<{ row: string }>('select row_to_json(a)::text as row from audit_entry a')
    expect(rows.filter(({ row }) => /guess-4711|wrong-field/.test(row))).toEqual([])
  })

  test('tells of what signed-in people were refused', async () => {
    const { account, cookie } = await addPerson(hub, 'viewer', 'curious')
    await hub.get('/api/v1/audit', cookie)
    await hub.post(`/api/v1/users/${account.id}`, { role: 'admin' }, cookie, 'PATCH')
    const entries = await auditOf(hub, `actorId=${account.id}`)
    expect(entries.slice(0, 2).map(({ action, outcome, code, object }) => [action, outcome, code, object?.id ?? null])).toEqual([
      ['updateUser', 'refused', 'access.denied', account.id],
      ['listAudit', 'refused', 'access.denied', null],
    ])
    const { token } = await addToken(hub, cookie, 'read')
    const { socket, answer } = await openLive(hub, { authorization: `Bearer ${token}` })
    expect(answer).toBe('connected')
    socket.disconnect()
  })

  test('tells of commands on the hub’s machine, but not of a look', async () => {
    await hub.hub.admin('enrol-token.create', { name: 'x' })
    await hub.hub.admin('status', {})
    expect(await newest()).toMatchObject({ actor: { kind: 'command-line', id: null }, action: 'command:enrol-token.create', address: null })
    await expect(hub.hub.admin('device.revoke', { device: 'no such device' })).rejects.toMatchObject({ code: 'agent.not-found' })
    expect(await newest()).toMatchObject({ action: 'command:device.revoke', outcome: 'refused', code: 'agent.not-found' })
  })

  test('tells an undo time before and after, and whether a collection may take much', async () => {
    const { id, name } = await theVault()
    for (const undoDays of [0, 30]) await hub.json(hub.post(`/api/v1/vaults/${id}`, { undoDays }, undefined, 'PATCH'))
    expect((await auditOf(hub, 'action=updateVault')).map(({ object, details }) => [object, details])).toEqual([
      [
        { kind: 'vault', id, name },
        { undoDaysBefore: 0, undoDays: 30 },
      ],
      [
        { kind: 'vault', id, name },
        { undoDaysBefore: 14, undoDays: 0 },
      ],
    ])
    await hub.json(hub.post(`/api/v1/vaults/${id}/collection`, { isLargeApproved: true }))
    await hub.hub.admin('gc', {})
    for (const [action, isLargeApproved] of [
      ['startCollection', true],
      ['command:gc', false],
    ] as const)
      expect(await auditOf(hub, `action=${action}`)).toMatchObject([{ object: { kind: 'vault', id, name }, details: { isLargeApproved } }])
  })

  test('tells how much a purge was asked to take, by a call and by the command line, and never what', async () => {
    const vault = await theVault()
    const call = { agentIds: null, paths: [{ path: '/home/a' }, { path: '/home/b' }], patterns: ['*.tmp'], keepsUndo: true }
    const { id } = await hub.json<Purge>(hub.post(`/api/v1/vaults/${vault.id}/purges`, call))
    expect(await newest('action=startPurge')).toMatchObject({
      object: { kind: 'vault', id: vault.id, name: vault.name },
      details: { purgeId: id, devices: null, paths: 2, patterns: 1, keepsUndo: true },
    })
    const command = { paths: ['/home/a'], patterns: [], keepsUndo: false }
    const ordered = (await hub.hub.admin('purge', command)) as Purge
    expect(await newest('action=command:purge')).toMatchObject({
      object: { kind: 'vault', id: vault.id, name: vault.name },
      outcome: 'done',
      details: { purgeId: ordered.id, devices: null, paths: 1, patterns: 0, keepsUndo: false },
    })
    expect(JSON.stringify(await auditOf(hub, `objectId=${vault.id}`))).not.toContain('/home')
  })
})

describe('the list', () => {
  test('comes newest first in pages, and is filtered by who, what, on what, how it went and when', async () => {
    const { account, cookie } = await addPerson(hub, 'admin', 'lister')
    for (let i = 0; i < 5; i++) await hub.post('/api/v1/enrolment-tokens', {}, cookie)
    const all = await auditOf(hub, `actorId=${account.id}&action=createEnrolmentToken`)
    expect(all).toHaveLength(5)
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toSorted((a, b) => b - a))
    const page = (query: string) =>
      hub.json<{ items: AuditEntry[]; hasMore: boolean }>(
        hub.get(`/api/v1/audit?actorId=${account.id}&action=createEnrolmentToken&${query}`),
      )
    const first = await page('limit=2')
    expect([first.items.map(({ id }) => id), first.hasMore]).toEqual([all.slice(0, 2).map(({ id }) => id), true])
    const rest = await page(`limit=3&before=${first.items[1]?.id}`)
    expect([rest.items.map(({ id }) => id), rest.hasMore]).toEqual([all.slice(2).map(({ id }) => id), false])
    expect((await page('outcome=failed')).items).toEqual([])
    const [last, oldest] = [all[0]?.atMs ?? 0, all[4]?.atMs ?? 0]
    expect((await page(`sinceMs=${last + 1}`)).items).toEqual([])
    expect((await page(`sinceMs=${oldest}&untilMs=${last + 1}`)).items).toHaveLength(5)
    expect((await page(`untilMs=${oldest}`)).items).toEqual([])
  })
})

describe('the table', () => {
  test.each([
    ['changed', `update audit_entry set outcome = 'done'`],
    ['deleted', 'delete from audit_entry'],
    ['emptied', 'truncate audit_entry'],
  ])('cannot be %s', async (_, statement) => {
    const before = await hub.sql('select count(*) from audit_entry')
    await expect(hub.sql(statement)).rejects.toThrow('append-only')
    expect(await hub.sql('select count(*) from audit_entry')).toEqual(before)
  })

  test('loses what is older than the setting, and nothing else', async () => {
    const insert = (days: number) =>
      hub.sql(
        `insert into audit_entry (at, actor_kind, action, outcome, details) values (now() - make_interval(days => $1), 'nobody', 'old', 'done', '{}')`,
        [days],
      )
    await insert(399)
    await insert(401)
    await hub.hub.close()
    await hub.open() // The first thing in the morning, and at every start.
    expect(await auditOf(hub, 'action=old')).toHaveLength(1)
  })
})

describe('the address', () => {
  test('behind a proxy is the one that the proxy saw, and not what the caller claims', async () => {
    const proxied = await TestHub.start({ env: { HOLDFAST_TRUST_PROXY: 'true' } })
    try {
      const headers = { 'x-forwarded-for': '192.0.2.66, 198.51.100.7', 'content-type': 'application/json' }
      await fetch(`${proxied.origin}/api/v1/sign-in`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ email: 'x@example.org', password: 'x' }),
      })
      expect((await auditOf(proxied, 'action=signIn'))[0]?.address).toBe('198.51.100.7')
      const { cookie } = await addPerson(proxied, 'viewer')
      const { token, apiToken } = await addToken(proxied, cookie, 'read')
      const { socket, answer } = await openLive(proxied, {
        authorization: `Bearer ${token}`,
        'x-forwarded-for': '192.0.2.66, 198.51.100.7',
      })
      expect(answer).toBe('connected')
      socket.disconnect()
      const used = await proxied.sql('select last_used_address from api_token where id = $1', [apiToken.id])
      expect(used).toEqual([{ last_used_address: '198.51.100.7' }])
    } finally {
      await proxied.stop()
    }
  })
})
