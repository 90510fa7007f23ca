import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync, chmodSync } from 'node:fs'
import { join } from 'node:path'
import type { CareKind, DamagedPath, LogLine, Plan, Run, VaultCare, VaultId } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { folder, type Folder } from '../src/features/vaults/testing/build-tree.ts'
import { commit, finish, open, send } from '../src/features/vaults/testing/wire-backup.ts'
import type { FakeAgent } from './fake-agent.ts'
import { changeOf } from './plan-change.ts'
import { TestHub } from './test-hub.ts'

/*
 * From a damaged disk to a whole snapshot: real queue of jobs, plans, runs and links; of the device only its reading of files is played.
 */

let hub: TestHub
let agent: FakeAgent
let vaultId: VaultId
let tree: Folder
const patience = { timeout: 30_000, interval: 50 }

beforeEach(async () => {
  hub = await TestHub.start()
  const { items } = await hub.json<{ items: { id: VaultId }[] }>(hub.get('/api/v1/vaults'))
  vaultId = items[0]?.id as VaultId
  agent = await hub.enrol()
  await agent.link()
  tree = folder({ home: folder({ 'a.bin': randomBytes(300_000), 'b.bin': randomBytes(300_000) }) })
})
afterEach(() => hub.stop())

const makePlan = (): Promise<Plan> =>
  hub.json<Plan>(hub.post('/api/v1/plans', { agentId: agent.agentId, name: 'Home', sources: [{ path: '/home' }] }))
const runsOf = async (): Promise<Run[]> =>
  (await hub.json<{ items: Run[] }>(hub.get(`/api/v1/runs?agentId=${agent.agentId}`))).items.filter(({ kind }) => kind === 'backup')
const heals = async (): Promise<Run[]> => (await runsOf()).filter(({ trigger }) => trigger === 'heal')
const firstHeal = (): Promise<Run> => vi.waitUntil(async () => (await heals())[0], patience)
const start = (kind: CareKind) => hub.json<VaultCare>(hub.post(`/api/v1/vaults/${vaultId}/care/${kind}`, {}))
const paths = async (): Promise<DamagedPath[]> =>
  (await hub.json<{ items: DamagedPath[] }>(hub.get(`/api/v1/vaults/${vaultId}/damaged-paths`))).items
const outlook = async (): Promise<unknown> => (await paths())[0]?.healing
const healing = async () =>
  (await hub.json<VaultCare>(hub.get(`/api/v1/vaults/${vaultId}/care`))).works.find(({ kind }) => kind === 'healing')

/** What the device does with a run that it is offered. */
async function carryOut(run: Run, content: Folder = tree): Promise<readonly { readonly path: string }[]> {
  const session = await open(agent, run.id)
  await commit(agent, session, await send(agent, session, content))
  await finish(agent, session)
  await hub.expectState(run.id, 'succeeded')
  return session.readAgain ?? []
}
const startPlan = ({ id }: Plan): Promise<Run> => hub.json<Run>(hub.post(`/api/v1/plans/${id}/runs`, {}))

/** One bit of a file's content, in the largest object. */
function harm(): void {
  const packs = join(hub.dataDir, 'store', vaultId, 'p')
  const [largest] = readdirSync(packs, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted((a, b) => readFileSync(b).length - readFileSync(a).length)
  const bytes = readFileSync(largest ?? '')
  bytes[200]! ^= 1
  chmodSync(largest ?? '', 0o600)
  writeFileSync(largest ?? '', bytes)
}

test('damage that is found has the plan of its device run again, which says why, and the old snapshot is whole', async () => {
  const plan = await makePlan()
  await carryOut(await startPlan(plan))
  harm()
  await start('scrub')
  const run = await firstHeal()
  expect(run).toMatchObject({ trigger: 'heal', requestedBy: 'Holdfast', planId: plan.id, planName: 'Home', request: { full: false } })
  await vi.waitUntil(async () => (await outlook()) === 'asked', patience)
  const log = await hub.json<{ items: LogLine[] }>(hub.get(`/api/v1/runs/${run.id}/log`))
  expect(log.items).toMatchObject([{ event: 'run.heal', message: expect.stringContaining('damaged in the vault') as string }])

  const [damaged] = await paths()
  expect(await carryOut(run)).toEqual([{ path: damaged?.path }])
  await vi.waitUntil(async () => (await paths()).length === 0, patience)
  const isHealed = ({ state, counts }: NonNullable<VaultCare['works'][number]['last']>): boolean =>
    state === 'done' && counts.problems === 0
  await vi.waitUntil(async () => isHealed((await healing())!.last!), patience)
  expect((await healing())?.last).toMatchObject({ startedBy: null })
  expect((await hub.json<VaultCare>(hub.get(`/api/v1/vaults/${vaultId}/care`))).damage).toMatchObject({ snapshots: 0, snapshotsHealed: 1 })
  expect(await heals()).toHaveLength(1)
  // A run that a person asks for is none of these.
  expect((await startPlan(plan)).trigger).toBe('order')
})

test('what the device does not have any more stays lost, and it is not asked again', async () => {
  const plan = await makePlan()
  await carryOut(await startPlan(plan))
  harm()
  await start('scrub')
  await carryOut(await firstHeal(), folder({ home: folder({ 'c.bin': randomBytes(300_000), 'd.bin': randomBytes(300_000) }) }))
  await vi.waitUntil(async () => (await outlook()) === 'gone', patience)
  await start('healing')
  await vi.waitUntil(async () => (await healing())?.last?.startedBy === 'Administrator' && (await healing())?.last?.endedAtMs, patience)
  expect((await healing())?.last).toMatchObject({ state: 'damaged', counts: { named: 0, snapshots: 1, problems: 1 } })
  expect(await heals()).toHaveLength(1)
})

test('a plan that is switched off is not run, and is when it is on again; a run that waits or works is not doubled', async () => {
  const plan = await makePlan()
  await carryOut(await startPlan(plan))
  const off = await hub.json<Plan>(hub.post(`/api/v1/plans/${plan.id}`, { ...changeOf(plan), isEnabled: false }, undefined, 'PUT'))
  harm()
  await start('scrub')
  await vi.waitUntil(async () => (await outlook()) === 'waiting', patience)
  expect(await heals()).toEqual([])
  await hub.json<Plan>(hub.post(`/api/v1/plans/${plan.id}`, { ...changeOf(off), isEnabled: true }, undefined, 'PUT'))
  const run = await firstHeal()
  // A person who asks meanwhile is told that it waits or works already, or has it follow; nothing heals twice.
  await hub.expectState(run.id, 'running')
  await start('healing')
  await vi.waitUntil(async () => (await healing())?.last?.startedBy === 'Administrator', patience)
  expect(await heals()).toHaveLength(1)
  await carryOut(run)
  await vi.waitUntil(async () => (await paths()).length === 0, patience)
})

test('a run that somebody has asked for heals as well: no other one is made', async () => {
  const plan = await makePlan()
  await carryOut(await startPlan(plan))
  agent.onOffer = () => ({ accepted: false, reason: 'busy' })
  const run = await startPlan(plan)
  harm()
  await start('scrub')
  await vi.waitUntil(async () => (await outlook()) === 'asked', patience)
  expect(await heals()).toEqual([])
  expect((await hub.run(run.id)).trigger).toBe('order')
})

test('a device that is away is asked when it comes back; what a person cancels is not asked for again at once', async () => {
  const plan = await makePlan()
  await carryOut(await startPlan(plan))
  await agent.close()
  harm()
  await start('scrub')
  const run = await firstHeal()
  expect((await hub.run(run.id)).state).toBe('queued')
  await agent.link()
  await hub.expectState(run.id, 'running')
  agent.onCancel = null
  await agent.close()
  await hub.json(hub.post(`/api/v1/runs/${run.id}/cancel`, {}))
  await hub.expectState(run.id, 'cancelled')
  await vi.waitUntil(async () => (await outlook()) === 'waiting', patience)
  expect(await heals()).toHaveLength(1)
})

test('a backup without a plan is asked for once more as it was, unless its device is revoked', async () => {
  const run = await hub.startRun(agent.agentId, { sources: [{ path: '/home' }] })
  await carryOut(run)
  harm()
  await start('scrub')
  const heal = await firstHeal()
  expect(heal).toMatchObject({ planId: null, request: run.request, trigger: 'heal' })
  agent.onCancel = () => ({ known: false })
  await hub.json(hub.post(`/api/v1/runs/${heal.id}/cancel`, {}))
  await hub.expectState(heal.id, 'cancelled')
  await hub.sql('update agent set revoked_at = now() where id = $1', [agent.agentId])
  await start('healing')
  await vi.waitUntil(async () => (await outlook()) === 'gone', patience)
  expect(await heals()).toHaveLength(1)
})
