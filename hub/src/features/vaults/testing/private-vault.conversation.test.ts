import { randomBytes } from 'node:crypto'
import { agentCapabilities, type Device, type EnrolAnswer, type Plan, type Run, type Snapshot } from '@holdfast/shared-types'
import { toBase64Url } from '@holdfast/engine/bytes'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { FakeAgent } from '../../../../test/fake-agent.ts'
import { changeOf } from '../../../../test/plan-change.ts'
import { TestHub } from '../../../../test/test-hub.ts'
import type { LogFields } from '../../../platform/logging/logger.ts'
import { folder } from './build-tree.ts'
import { aSummary, makeVault, type MadeVault } from './private-world.ts'
import { begin, call, finish, send } from './wire-backup.ts'

/* A private vault over the hub's own calls, links and runs. */

let hub: TestHub
const logged: LogFields[] = []
const note = (fields: LogFields): void => void logged.push(fields)
let made: MadeVault
let agent: FakeAgent

beforeAll(async () => {
  hub = await TestHub.start({ log: { debug: note, info: note, warn: note, error: note } })
  made = await makeVault('Family')
  await hub.json(hub.post('/api/v1/vaults', made.body))
})
afterAll(() => hub.stop())

const device = (): Promise<Device> => hub.json(hub.get(`/api/v1/devices/${agent.agentId}`))

test('a device joins it by its token, waits, and runs nothing until it is let in', async () => {
  expect(await hub.refusal(hub.post('/api/v1/enrolment-tokens', { vaultId: '0d5e2f5c-3c2f-4f0e-9c58-2f4a1c0f1a11' }))).toEqual([
    404,
    'vault.not-found',
  ])
  const { token } = await hub.json<{ token: string }>(hub.post('/api/v1/enrolment-tokens', { name: 'ada', vaultId: made.vaultId }))
  agent = new FakeAgent('ada')
  // Others would tell names.
  agent.capabilities = [agentCapabilities.keepNames]
  const request = agent.enrolRequest(token)
  agent.answer = await hub.json<EnrolAnswer>(hub.post('/api/v1/enrol', request, ''))
  agent.origin = hub.origin
  expect(agent.answer).toMatchObject({ vaultId: made.vaultId, domainId: made.domainId, vaultKind: 'private' })
  expect(await device()).toMatchObject({ waitsForKeys: true, vaultId: made.vaultId })
  await agent.link()
  const order = { kind: 'backup', sources: [{ path: '/home' }] }
  expect(await hub.refusal(hub.post(`/api/v1/devices/${agent.agentId}/runs`, order))).toEqual([409, 'vault.keys-awaited'])
  const { signPublicKey, boxPublicKey, boxSignature } = request as { signPublicKey: string; boxPublicKey: string; boxSignature: string }
  const agentObject = await made.keys.agentObject({
    agentId: agent.agentId,
    domainId: made.domainId,
    signPublicKey,
    boxPublicKey,
    boxSignature,
    createdAtMs: 1,
  })
  const sealed = await made.keys.sealDomainKeys(made.domainId, agent.agentId, Buffer.from(boxPublicKey, 'base64url'))
  const body = { agentObject: toBase64Url(agentObject), sealedDomainKeys: toBase64Url(sealed) }
  const given = await hub.json<Device>(hub.post(`/api/v1/vaults/${made.vaultId}/devices/${agent.agentId}/keys`, body, undefined, 'PUT'))
  expect(given.waitsForKeys).toBe(false)
  expect((await device()).waitsForKeys).toBe(false)
})

test('its backup is listed by what the device states, and nobody is told which files to restore', async () => {
  const session = await begin(hub, agent)
  const object = await send(agent, session, folder({ home: folder({ 'a.bin': randomBytes(300_000) }) }))
  const figures = new URLSearchParams(Object.entries(aSummary).map(([name, value]): [string, string] => [name, String(value)]))
  await call(agent, `/sessions/${session.sessionId}/commit?fence=${session.fence}&${figures.toString()}`, 'POST', object)
  await finish(agent, session)
  const { items } = await hub.json<{ items: Snapshot[] }>(hub.get('/api/v1/snapshots'))
  expect(items).toMatchObject([
    { vaultId: made.vaultId, vaultKind: 'private', status: 'complete', files: 3, bytes: 700_000, roots: [{ path: '/home' }] },
  ])
  const [snapshot] = items
  expect(await hub.refusal(hub.get(`/api/v1/snapshots/${snapshot!.id}/entries?path=/`))).toEqual([409, 'vault.private'])
  const restore = { kind: 'restore', snapshotId: snapshot!.id, target: { path: '/tmp/x' } }
  const runs = `/api/v1/devices/${agent.agentId}/runs`
  expect(await hub.refusal(hub.post(runs, { ...restore, paths: [{ path: '/home/a.bin' }] }))).toEqual([409, 'vault.private'])
  expect(await hub.refusal(hub.post(runs, { ...restore, include: ['*.bin'] }))).toEqual([409, 'vault.private'])
  // Nor is everything the hub's to order.
  expect(await hub.refusal(hub.post(runs, restore))).toEqual([409, 'vault.private'])
  const sealedSelection = randomBytes(120).toString('base64url')
  const run = await hub.json<Run>(hub.post(runs, { ...restore, sealedSelection }))
  expect(run.request).toMatchObject({ kind: 'restore', paths: [], sealedSelection })
  await hub.json(hub.post(`/api/v1/runs/${run.id}/cancel`, {}))
})

test('the device is asked to look through its snapshot, and what it found is taken', async () => {
  await hub.json(hub.post(`/api/v1/vaults/${made.vaultId}/care/audit`, {}))
  const offered = await vi.waitUntil(() => agent.offers.findLast(({ request }) => request.kind === 'verify'), {
    interval: 20,
    timeout: 30_000,
  })
  expect(offered.request).toMatchObject({ kind: 'verify', audit: true })
  const { snapshotId } = offered.request as { snapshotId: string }
  const audit = { summary: aSummary, missing: [], isWhole: true }
  const result = { kind: 'verify', snapshotId, files: 3, bytes: 700_000, blobsChecked: 4, problems: 0, audit }
  await agent.send('run.finished', {
    runId: offered.runId,
    fence: offered.fence,
    outcome: 'succeeded',
    result,
    error: null,
    warnings: [],
    warningCount: 0,
  })
  await expect
    .poll(async () => hub.sql<{ n: number }>('select count(*)::int as n from snapshot where audited_at is not null'), { timeout: 20_000 })
    .toEqual([{ n: 1 }])
  // Reading lists is no proof that files come back.
  expect((await device()).lastProvedAtMs).toBeNull()
})

test('a limit of versions is refused in its plans, and passed over in one that has it already', async () => {
  const order = { agentId: agent.agentId, name: 'Home', sources: [{ path: '/home' }] }
  const limited = { keepLast: 2, minimumAgeDays: 0, versionsPerFile: 1 }
  expect(await hub.refusal(hub.post('/api/v1/plans', { ...order, retention: limited }))).toEqual([400, 'request.invalid'])
  const plan = await hub.json<Plan>(hub.post('/api/v1/plans', order))
  const path = `/api/v1/plans/${plan.id}`
  const put = (change: object) => hub.post(path, { ...changeOf(plan), ...change }, undefined, 'PUT')
  expect(await hub.refusal(put({ retention: limited }))).toEqual([400, 'request.invalid'])
  const draft = { agentId: agent.agentId, planId: plan.id, planName: plan.name, retention: limited }
  expect(await hub.refusal(hub.post('/api/v1/retention/versions/preview', draft))).toMatchObject([426, 'vault.rewriting-impossible'])
  // One that was made before that was refused.
  await hub.sql('update plan set retention = $1 where id = $2', [JSON.stringify(limited), plan.id])
  for (const daysAgo of [9, 8, 7])
    await hub.sql(
      `with made as (insert into run (id, agent_id, kind, state, fence, source_key, request, requested_by, created_at, finished_at, offer_count, warnings, warning_count, last_log_seq, last_event_number, plan_id, plan_name)
         values (gen_random_uuid(), $1, 'backup', 'succeeded', 1, gen_random_uuid()::text, '{"kind":"backup"}', 'test', $3, $3, 1, '[]', 0, 0, 0, $2, 'Home') returning id)
       insert into snapshot (id, vault_id, domain_id, agent_id, run_id, seq, key_epoch, received_at, epoch, state, status, host, started_at, finished_at, files, folders, bytes, errors, roots, packs, segments)
       select $4, a.vault_id, a.domain_id, a.id, made.id, $5, 1, $3, 1, 'committed', 'complete', 'laptop', $3, $3, 1, 1, 10, 0, '[]', 1, 1 from agent a, made where a.id = $1`,
      [agent.agentId, plan.id, new Date(Date.now() - daysAgo * 24 * 60 * 60 * 1000), randomBytes(16), 100 - daysAgo],
    )
  expect(await hub.hub.admin('retention', {})).toMatchObject({ deleted: 1, rewritten: 0, failedPlans: 0 })
  expect(await hub.hub.admin('retention', {})).toMatchObject({ deleted: 0, rewritten: 0, failedPlans: 0 })
  expect(logged.filter(({ event }) => event === 'retention.versions-passed-over')).toMatchObject([{ planId: plan.id }])
  // What it has may stay when something else is changed.
  expect((await hub.json<Plan>(put({ retention: limited, isEnabled: false }))).isEnabled).toBe(false)
})
