import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Device, EnrolAnswer } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FakeAgent } from '../../../test/fake-agent.ts'
import { TestHub } from '../../../test/test-hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start()
})
afterAll(() => hub.stop())

const enrol = (request: object) => hub.post('/api/v1/enrol', request, '')
const devices = async () => (await hub.json<{ items: Device[] }>(hub.get('/api/v1/devices'))).items

describe('enrolment token', () => {
  test('comes with the command to paste and an end within the hour', async () => {
    const token = await hub.json<{ token: string; expiresAtMs: number; hubUrl: string; command: string }>(
      hub.post('/api/v1/enrolment-tokens', {}),
    )
    expect(token.hubUrl).toBe(hub.origin)
    expect(token.command).toBe(`holdfast enrol ${hub.origin} --token ${token.token}`)
    expect(token.expiresAtMs).toBeGreaterThan(Date.now() + 3_500_000)
    expect(token.expiresAtMs).toBeLessThanOrEqual(Date.now() + 3_600_000)
    expect(await hub.sql(`select 1 from enrolment_token where token_hash = sha256(convert_to($1, 'UTF8'))`, [token.token])).toHaveLength(1)
  })

  test('is made by the command line too', async () => {
    const made = (await hub.hub.admin('enrol-token.create', { name: 'server' })) as { token: string }
    const answer = await hub.json<EnrolAnswer>(enrol({ ...new FakeAgent('x').enrolRequest(made.token), name: undefined }))
    expect(answer.name).toBe('server')
    await expect(hub.hub.admin('enrol-token.create', { nmae: 'x' })).rejects.toMatchObject({ code: 'request.invalid' })
    await expect(hub.hub.admin('nope', {})).rejects.toMatchObject({ code: 'command.invalid' })
  })
})

describe('enrolment', () => {
  test('lets a device in, once per token, however many come at once', async () => {
    const before = (await devices()).length
    const token = await hub.enrolmentToken()
    const answers = await Promise.all(Array.from({ length: 5 }, (_, i) => enrol(new FakeAgent(`copy ${i}`).enrolRequest(token))))
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([201, 401, 401, 401, 401])
    const known = await devices()
    expect(known).toHaveLength(before + 1)
    const answer = (await answers.find(({ status }) => status === 201)?.json()) as EnrolAnswer
    expect(known.find((device) => device.id === answer.agentId)).toMatchObject({
      name: answer.name,
      online: false,
      lastSeenAtMs: null,
      host: { os: 'linux' },
      vaultId: answer.vaultId,
    })
    // The keys lie in the store, from where snapshots stay checkable without this database.
    expect(readdirSync(join(hub.dataDir, 'store', answer.vaultId, 'a'))).toContain(answer.agentId)
  })

  test('refuses a token that is over or unknown', async () => {
    const token = await hub.enrolmentToken()
    await hub.sql(`update enrolment_token set expires_at = now() where used_at is null`)
    expect(await hub.refusal(enrol(new FakeAgent('late').enrolRequest(token)))).toEqual([401, 'enrolment.token-invalid'])
    expect(await hub.refusal(enrol(new FakeAgent('who').enrolRequest('x'.repeat(43))))).toEqual([401, 'enrolment.token-invalid'])
  })

  test('refuses keys that do not belong together, and the token stays good', async () => {
    const token = await hub.enrolmentToken()
    const [own, foreign] = [new FakeAgent('own').enrolRequest(token), new FakeAgent('foreign').enrolRequest(token)]
    expect(await hub.refusal(enrol({ ...own, boxPublicKey: foreign.boxPublicKey }))).toEqual([401, 'agent.identity-invalid'])
    expect((await enrol(own)).status).toBe(201)
  })

  test('that breaks off leaves no device and the token as good as before', async () => {
    const token = await hub.enrolmentToken()
    const before = (await devices()).length
    // The row cannot be written: as far as a crash between the store and the commit can come.
    await hub.sql(`create function break_it() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$`)
    await hub.sql('create trigger break_it before insert on agent execute function break_it()')
    expect((await enrol(new FakeAgent('broken').enrolRequest(token))).status).toBe(500)
    await hub.sql('drop trigger break_it on agent')
    expect((await devices()).length).toBe(before)
    expect((await enrol(new FakeAgent('mended').enrolRequest(token))).status).toBe(201)
  })
})

describe('devices', () => {
  test('are seen all by a person, and by each device only itself', async () => {
    const [one, two] = [await hub.enrol('one'), await hub.enrol('two')]
    const own = await hub.json<{ items: Device[] }>(await one.call('/api/v1/devices'))
    expect(own.items.map((device) => device.id)).toEqual([one.agentId])
    expect((await one.call(`/api/v1/devices/${one.agentId}`)).status).toBe(200)
    expect(await hub.refusal(one.call(`/api/v1/devices/${two.agentId}`))).toEqual([404, 'agent.not-found'])
    expect((await hub.get(`/api/v1/devices/${two.agentId}`)).status).toBe(200)
    expect(await hub.refusal(hub.get('/api/v1/devices/6ba7b810-9dad-41d1-80b4-00c04fd430c8'))).toEqual([404, 'agent.not-found'])
  })
})
