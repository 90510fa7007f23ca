import { randomBytes } from 'node:crypto'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuditEntry, Plan, Run, Snapshot, VaultCare } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FakeAgent } from './fake-agent.ts'
import { TestHub } from './test-hub.ts'
import { folder } from '../src/features/vaults/testing/build-tree.ts'
import { commit, finish, open, restoreFolder, send } from '../src/features/vaults/testing/wire-backup.ts'

/* Nights of a plan that keeps at most so many versions of each file, from its rules to what devices restore. */

let hub: TestHub
let agent: FakeAgent
let plan: Plan
beforeAll(async () => {
  hub = await TestHub.start()
  agent = await hub.enrol()
  await agent.link()
  plan = await hub.json<Plan>(
    hub.post('/api/v1/plans', {
      agentId: agent.agentId,
      name: 'Home',
      sources: [{ path: '/home' }],
      retention: { keepLast: 10, minimumAgeDays: 0, versionsPerFile: 2 },
    }),
  )
})
afterAll(() => hub.stop())

const stays = randomBytes(20_000)
const versions: Buffer[] = []

async function backUp(): Promise<void> {
  versions.push(randomBytes(20_000))
  const { id } = await hub.json<Run>(hub.post(`/api/v1/plans/${plan.id}/runs`, {}))
  const session = await open(agent, id)
  const files = { 'changing.bin': versions.at(-1)!, 'stays.bin': stays }
  await commit(agent, session, await send(agent, session, folder({ home: folder(files) })))
  await finish(agent, session)
}

/** As the clock does it: rules first, then the collection. */
async function night(): Promise<void> {
  const vault = `/api/v1/vaults/${agent.answer?.vaultId}/care`
  const ends = async (): Promise<number> => {
    const { works } = await hub.json<VaultCare>(hub.get(vault))
    const last = works.find(({ kind }) => kind === 'collection')?.last
    return last?.state === 'done' ? (last.endedAtMs ?? 0) : 0
  }
  const before = await ends()
  await hub.json(hub.post(`${vault}/collection`, {}))
  await expect.poll(ends, { timeout: 60_000, interval: 50 }).toBeGreaterThan(before)
}

/** Oldest first. */
const snapshots = async (): Promise<Snapshot[]> => (await hub.json<{ items: Snapshot[] }>(hub.get('/api/v1/snapshots'))).items

/** Of each snapshot, oldest first, which version a device restores; null: it has none. What never changed is in all of them. */
async function restored(): Promise<(number | null)[]> {
  const found: (number | null)[] = []
  for (const { id } of await snapshots()) {
    const { 'stays.bin': same, 'changing.bin': bytes = null } = await restoreFolder(hub, agent, id, 'home')
    expect(same?.equals(stays)).toBe(true)
    found.push(bytes === null ? null : versions.findIndex((version) => version.equals(bytes)))
  }
  return found
}

test('older versions leave the snapshots that have them, and all else is restored as it was', async () => {
  for (let number = 0; number < 5; number++) await backUp()
  const before = await snapshots()
  await night()
  const after = await snapshots()
  expect(after.map(({ rewritten }) => rewritten?.of ?? null)).toEqual([...before.slice(0, 3).map(({ id }) => id), null, null])
  expect(after.map(({ createdAtMs }) => createdAtMs)).toEqual(before.map(({ createdAtMs }) => createdAtMs))
  expect(await restored()).toEqual([null, null, null, 3, 4])
  expect(await hub.hub.admin('fsck', { readData: true })).toMatchObject({ ok: true, problems: [] })
  const { items } = await hub.json<{ items: AuditEntry[] }>(hub.get('/api/v1/audit?action=rule:retention'))
  expect(items).toMatchObject([{ object: { id: plan.id }, outcome: 'done', details: { versionsPerFile: 2, rewriting: 3 } }])
})

test('what came since counts, and nothing is written anew twice', async () => {
  const before = await snapshots()
  await backUp()
  await night()
  const after = await snapshots()
  expect(after.map(({ id }) => id)).toEqual([
    ...before.slice(0, 3).map(({ id }) => id),
    expect.not.stringMatching(before[3]!.id),
    before[4]!.id,
    after[5]!.id,
  ])
  expect(after[3]?.rewritten?.of).toBe(before[3]!.id)
  expect(await restored()).toEqual([null, null, null, null, 4, 5])
})

test('a night after which nothing came reads nothing, also over a restart', async () => {
  const before = await snapshots()
  await agent.close()
  await hub.hub.close()
  await hub.open()
  const packs = join(hub.dataDir, 'store', agent.answer?.vaultId ?? '', 'p')
  await rename(packs, `${packs}-away`)
  try {
    expect(await hub.hub.admin('retention', {})).toMatchObject({ rewritten: 0, waiting: 0, failedPlans: 0 })
    // Whoever looked could not have: without what the last night noted, somebody does.
    const [look] = await hub.sql<{ open: string[] }>('delete from version_look where plan_id = $1 returning open', [plan.id])
    expect(look?.open).toEqual(
      before
        .slice(0, 5)
        .toReversed()
        .map(({ id }) => id),
    )
    expect(await hub.hub.admin('retention', {})).toMatchObject({ failedPlans: 1 })
  } finally {
    await rename(`${packs}-away`, packs)
  }
  expect(await snapshots()).toEqual(before)
})
