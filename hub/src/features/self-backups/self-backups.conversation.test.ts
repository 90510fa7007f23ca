import { randomBytes } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuditEntry, Device, Plan, Snapshot, SnapshotId } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { cookieOf, TestHub } from '../../../test/test-hub.ts'
import { addPerson, addToken, auditOf, callWith, type TestPerson, type TestToken } from '../../../test/test-people.ts'
import { entities } from '../../wiring/entities.ts'
import { keptTables, leftOutTables } from './kept-tables.ts'
import { rebuildHub } from './rebuild-hub.ts'
import { restoreHub } from './restore-hub.ts'
import type { StoredSelfBackup } from '../vaults/index.ts'
import { backUp, download, recover } from '../../../test/hub-recovery.ts'

const dayMs = 86_400_000
const newest = { wanted: null, isReplacing: false, keepsTokens: false }

test('every table of the hub goes along, or there is a reason why not', () => {
  const named = [...keptTables.map(({ name }) => name), ...Object.keys(leftOutTables)]
  const tables = entities.map(({ meta }) => meta.tableName)
  expect(tables.filter((name) => !named.includes(name))).toEqual([])
  expect(named.filter((name) => name !== 'kept_snapshot' && !tables.includes(name))).toEqual([])
})

describe('a hub whose database is lost', () => {
  let hub: TestHub
  let person: TestPerson
  let token: TestToken
  let agent: FakeAgent
  let revoked: FakeAgent
  let ids: SnapshotId[]
  let made: StoredSelfBackup
  const contents = [randomBytes(300_000), randomBytes(400_000), randomBytes(200_000)]
  const password = 'a long enough password'
  const rowsOf = async (table: string, without: readonly string[] = []) => {
    const rows = await hub.sql<{ row: Record<string, unknown> }>(`select to_jsonb(t) as row from ${table} t order by to_jsonb(t)::text`)
    return rows.map(({ row }) => Object.fromEntries(Object.entries(row).filter(([name]) => !without.includes(name))))
  }
  const vaultDir = () => join(hub.dataDir, 'store', agent.answer?.vaultId ?? '')
  const signIn = async (): Promise<void> => {
    const answer = await hub.post('/api/v1/sign-in', { email: person.email, password }, '')
    expect(answer.status).toBe(200)
    hub.useCookie(cookieOf(answer))
  }
  const linkAgain = (one: FakeAgent) => {
    one.origin = hub.origin
    return one.link()
  }

  beforeAll(async () => {
    hub = await TestHub.start()
    person = await addPerson(hub, 'admin', 'ada')
    expect(
      (await hub.post('/api/v1/me/credentials', { name: 'ada', email: person.email, password }, person.cookie, 'PUT')).status,
    ).toBeLessThan(300)
    token = await addToken(hub, person.cookie, 'read')
    agent = await hub.enrol('laptop')
    await agent.link()
    revoked = await hub.enrol('stolen')
    await revoked.link()
    await backUp(hub, revoked, randomBytes(1000))
    ids = []
    for (const content of contents) ids.push(await backUp(hub, agent, content))
    await hub.json(hub.post(`/api/v1/snapshots/${ids[0]}/hold`, { reason: 'audit' }, undefined, 'PUT'))
    await hub.json(hub.post('/api/v1/snapshots/delete', { snapshotIds: [ids[1]], confirmed: true }))
    await hub.json(hub.post('/api/v1/plans', { agentId: agent.agentId, name: 'home', sources: [{ path: '/home' }] }))
    await hub.json(hub.post(`/api/v1/devices/${revoked.agentId}/revoke`, {}))
    await hub.enrolmentToken('unused')
    made = (await hub.hub.admin('self-backup.make', {})) as StoredSelfBackup
  }, 120_000)
  afterAll(() => hub.stop())

  test('has it back from its self-backup: people, devices, plans, decisions, runs and the audit log, each row as it was', async () => {
    const kept = ['hub_identity', 'user_account', 'plan', 'audit_entry', 'run', 'run_event', 'run_log']
    const before: Record<string, unknown> = {}
    for (const table of kept) before[table] = await rowsOf(table)
    const devices = await rowsOf('agent', ['online'])
    // The command itself is audited after its self-backup was written.
    const lastAudited = Math.max(...(await rowsOf('audit_entry')).map(({ id }) => Number(id)))
    await hub.loseDatabase()
    const restored = await recover(hub, (deps) => restoreHub(deps, newest))
    expect(restored).toMatchObject({
      selfBackup: { id: made.id },
      rows: { user_account: 2, agent: 2, plan: 1 },
      ended: { apiTokens: 1, enrolmentTokens: 1 },
      devices: { added: 0, revoked: 0 },
      vaults: [{ snapshots: 4, held: 1, deleted: 1, damagedPacks: 0 }],
      missingVaults: [],
    })
    for (const table of kept.filter((name) => name !== 'audit_entry')) expect(await rowsOf(table), table).toEqual(before[table])
    expect(await rowsOf('agent', ['online'])).toEqual(devices)
    const audit = await rowsOf('audit_entry')
    expect(audit.filter(({ action }) => action !== 'command:rebuild')).toEqual(
      (before['audit_entry'] as Record<string, unknown>[]).filter(({ id }) => Number(id) < lastAudited),
    )
    await hub.open()
  })

  test('lets people and devices in as before, but for whoever was cut off', async () => {
    await signIn()
    expect((await hub.get('/api/v1/devices', person.cookie)).status, 'sign-ins have ended').toBe(401)
    expect(await hub.refusal(callWith(hub, token.token, '/api/v1/devices'))).toEqual([401, 'token.invalid'])
    expect(await linkAgain(agent)).toMatchObject({ accepted: true })
    expect(await linkAgain(revoked)).toMatchObject({ accepted: false, code: 'agent.revoked' })
  })

  test('reads every snapshot byte for byte, keeps what was held, and has back what was deleted', async () => {
    expect((await download(hub, ids[0]!)).equals(contents[0]!)).toBe(true)
    expect((await download(hub, ids[2]!)).equals(contents[2]!)).toBe(true)
    const [held] = await hub.sql<{ held_by: string; hold_reason: string }>(
      'select held_by, hold_reason from snapshot where held_at is not null',
    )
    expect(held?.hold_reason).toBe('audit')
    const { items: plans } = await hub.json<{ items: Plan[] }>(hub.get('/api/v1/plans'))
    expect(plans.map(({ name }) => name)).toEqual(['home'])
    const [deleted] = await hub.sql<{ days: string }>(
      `select extract(epoch from undo_until - now()) / 86400 as days from snapshot where deleted_at is not null`,
    )
    expect(Number(deleted?.days), 'as long as on the first day').toBeGreaterThan(13)
    await hub.json(hub.post('/api/v1/snapshots/undelete', { snapshotIds: [ids[1]] }))
    expect((await download(hub, ids[1]!)).equals(contents[1]!)).toBe(true)
    expect(await hub.hub.admin('fsck', { readData: true })).toMatchObject({ ok: true, problems: [] })
  })

  test('goes on: the audit log with new numbers, backups with the next snapshot', async () => {
    const [last] = await auditOf(hub, 'action=command:rebuild')
    expect(last?.details).toMatchObject({ selfBackup: made.id })
    const before = await rowsOf('audit_entry')
    await hub.json(hub.post('/api/v1/users', { name: 'Grace', email: 'grace@example.org', role: 'viewer' }))
    const added = await hub.json<{ items: AuditEntry[] }>(hub.get('/api/v1/audit?action=createUser'))
    expect(added.items[0]!.id).toBeGreaterThan(Math.max(...before.map(({ id }) => Number(id))))
    const content = randomBytes(1000)
    const id = await backUp(hub, agent, content)
    const { items } = await hub.json<{ items: Snapshot[] }>(hub.get('/api/v1/snapshots?host=laptop'))
    expect(items.map((snapshot) => snapshot.id)).toContain(id)
    expect((await download(hub, id)).equals(content)).toBe(true)
  })

  test('is not replaced unless that is said, and then as a whole', async () => {
    await hub.hub.close()
    await expect(recover(hub, (deps) => restoreHub(deps, newest))).rejects.toMatchObject({ code: 'database.not-empty' })
    expect(await rowsOf('user_account')).toHaveLength(3)
    await recover(hub, (deps) => restoreHub(deps, { ...newest, isReplacing: true, keepsTokens: true }))
    expect(await rowsOf('user_account')).toHaveLength(2)
    await hub.open()
    expect((await callWith(hub, token.token, '/api/v1/devices')).status, 'kept, as was said').toBe(200)
    await signIn()
  })

  test('takes nothing from a self-backup that is damaged, and stays as it was', async () => {
    await hub.hub.close()
    const before = await rowsOf('user_account')
    const [name = ''] = await readdir(join(vaultDir(), 'h'))
    const path = join(vaultDir(), 'h', name, '000000')
    const whole = await readFile(path)
    for (const at of [20, 64, whole.length - 1]) {
      const broken = Buffer.from(whole)
      broken[at]! ^= 1
      await rm(path)
      await writeFile(path, broken)
      await expect(
        recover(hub, (deps) => restoreHub(deps, { ...newest, isReplacing: true })),
        `byte ${at}`,
      ).rejects.toMatchObject({
        code: expect.stringMatching(/^(vault\.corrupt|self-backup\.not-found)$/) as string,
      })
    }
    await rm(path)
    await writeFile(path, whole)
    await expect(recover(hub, (deps) => restoreHub(deps, { ...newest, wanted: 'ffff' }))).rejects.toMatchObject({
      code: 'self-backup.not-found',
    })
    expect(await rowsOf('user_account')).toEqual(before)
    await hub.open()
  })

  test('and who has no self-backup either: devices with snapshots come back by the vault alone, but for whoever was cut off', async () => {
    const fresh = await hub.enrol('no snapshots yet')
    await hub.loseDatabase()
    const rebuilt = await recover(hub, (deps) => rebuildHub(deps, null))
    expect(rebuilt).toMatchObject({ devices: { added: 2, revoked: 0 } })
    await hub.open()
    hub.useCookie('')
    const { items } = await hub.json<{ items: Device[] }>(hub.get('/api/v1/devices'))
    expect(new Map(items.map(({ id, name, revokedAtMs }) => [id, [name, revokedAtMs !== null]]))).toEqual(
      new Map([
        [agent.agentId, ['laptop.lan', false]],
        [revoked.agentId, ['laptop.lan', true]],
      ]),
    )
    expect(await linkAgain(agent), 'the hub is who it was').toMatchObject({ accepted: true })
    expect(await linkAgain(revoked)).toMatchObject({ accepted: false, code: 'agent.revoked' })
    expect(await linkAgain(fresh)).toMatchObject({ accepted: false, code: 'agent.identity-invalid' })
    expect((await download(hub, ids[0]!)).equals(contents[0]!)).toBe(true)
    await backUp(hub, agent, randomBytes(1000))
  })

  test('is no other when somebody just starts it', async () => {
    const { hubId } = hub.hub
    await hub.loseDatabase()
    await hub.open()
    hub.useCookie('')
    expect(hub.hub.hubId).toBe(hubId)
    expect(await linkAgain(agent)).toMatchObject({ accepted: true })
    expect(await linkAgain(revoked)).toMatchObject({ accepted: false, code: 'agent.revoked' })
    expect((await download(hub, ids[0]!)).equals(contents[0]!)).toBe(true)
  })
})

describe('revocations', () => {
  test('outlive a database that is put back from before', async () => {
    const hub = await TestHub.start()
    try {
      const agent = await hub.enrol('stolen')
      await agent.link()
      await hub.hub.admin('self-backup.make', {})
      await hub.json(hub.post(`/api/v1/devices/${agent.agentId}/revoke`, {}))
      // As an older copy says.
      await hub.hub.close()
      await hub.sql('update agent set revoked_at = null')
      await hub.open()
      agent.origin = hub.origin
      expect(await agent.link()).toMatchObject({ accepted: false, code: 'agent.revoked' })
      await hub.loseDatabase()
      expect(await recover(hub, (deps) => restoreHub(deps, newest))).toMatchObject({ devices: { revoked: 1 } })
      await hub.open()
      agent.origin = hub.origin
      expect(await agent.link()).toMatchObject({ accepted: false, code: 'agent.revoked' })
    } finally {
      await hub.stop()
    }
  })
})

describe('undo', () => {
  test('is never shorter than what the self-backup said', async () => {
    const hub = await TestHub.start()
    try {
      const agent = await hub.enrol()
      await agent.link()
      const ids = [await backUp(hub, agent, randomBytes(100)), await backUp(hub, agent, randomBytes(100))]
      await hub.json(hub.post('/api/v1/snapshots/delete', { snapshotIds: [ids[0]], confirmed: true }))
      await hub.sql(`update snapshot set undo_until = now() + interval '400 days' where deleted_at is not null`)
      await hub.hub.admin('self-backup.make', {})
      await hub.loseDatabase()
      await recover(hub, (deps) => restoreHub(deps, newest), Date.now() + 100 * dayMs)
      const [row] = await hub.sql<{ days: string }>(
        `select extract(epoch from undo_until - now()) / 86400 as days from snapshot where deleted_at is not null`,
      )
      expect(Math.round(Number(row?.days))).toBe(400)
      await hub.open()
    } finally {
      await hub.stop()
    }
  })
})
