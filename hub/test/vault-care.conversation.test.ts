import type { CareKind, Run, VaultCare, VaultId } from '@holdfast/shared-types'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TestHub } from './test-hub.ts'

let hub: TestHub
let vaultId: VaultId
beforeEach(async () => {
  hub = await TestHub.start()
  const { items } = await hub.json<{ items: { id: VaultId }[] }>(hub.get('/api/v1/vaults'))
  vaultId = items[0]?.id as VaultId
})
afterEach(() => hub.stop())

const see = () => hub.json<VaultCare>(hub.get(`/api/v1/vaults/${vaultId}/care`))
const start = (kind: CareKind) => hub.json<VaultCare>(hub.post(`/api/v1/vaults/${vaultId}/care/${kind}`, {}))
const workOf = (care: VaultCare, kind: CareKind) => care.works.find((work) => work.kind === kind)
const done = (kind: CareKind) =>
  vi.waitUntil(
    async () => {
      const work = workOf(await see(), kind)
      return work?.last !== null && work?.last?.endedAtMs !== null && work?.isWaiting === false ? work : null
    },
    { timeout: 30_000, interval: 50 },
  )

describe('the care of a vault', () => {
  test('is planned for every night, and done at once when somebody asks', async () => {
    const planned = await see()
    expect(planned.works.filter(({ nextAtMs }) => nextAtMs !== null).map(({ kind }) => kind)).toEqual([
      'list',
      'scrub',
      'sample',
      'audit',
      'collection',
      'drills',
    ])
    for (const { nextAtMs } of planned.works)
      if (nextAtMs !== null) expect(nextAtMs - Date.now()).toSatisfy((aheadMs: number) => aheadMs > 0 && aheadMs <= 25 * 3_600_000)
    expect(planned.timeZone).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone)
    for (const kind of ['list', 'scrub', 'collection'] as const) {
      await start(kind)
      expect((await done(kind)).last).toMatchObject({ kind, state: 'done' })
    }
    expect(workOf(await see(), 'list')?.last?.startedBy).toBe('Administrator')
    expect(await hub.refusal(hub.post(`/api/v1/vaults/${vaultId}/care/unknown`, {}))).toMatchObject([400, 'request.invalid'])
  })

  test('goes on over a restart of the hub: what it was cut off from begins again, and its story says so', async () => {
    await hub.hub.close()
    // As a hub that was killed in its middle leaves both.
    await hub.sql(
      `insert into holdfast_jobs.job (name, data, state, singleton_key, policy) values ('vault-scrub', $1, 'active', $2, 'exclusive')`,
      [JSON.stringify({ key: vaultId }), vaultId],
    )
    await hub.sql(
      `insert into care (vault_id, kind, state, started_at, counts) values ($1, 'scrub', 'running', now() - interval '1 hour', $2)`,
      [vaultId, JSON.stringify({ packs: 1, segments: 0, blobs: 0, snapshots: 0, bytes: 0, named: 0, problems: 0 })],
    )
    await hub.open()
    await vi.waitUntil(async () => workOf(await see(), 'scrub')?.last?.state === 'done', { timeout: 30_000, interval: 50 })
    const stories = await hub.sql<{ state: string }>(`select state from care where kind = 'scrub' order by id`)
    expect(stories.map(({ state }) => state)).toEqual(['running', 'done'])
  })

  test('of the jobs a command starts nothing: they are those of a hub that listens', async () => {
    expect(await hub.sql(`select 1 from holdfast_jobs.schedule`)).toHaveLength(6)
    await hub.hub.close()
    await hub.sql('drop schema holdfast_jobs cascade')
    await hub.open()
    expect(await hub.sql(`select 1 from holdfast_jobs.schedule`)).toHaveLength(6)
  })
})

describe('a restore drill', () => {
  test('that found nothing wrong is what its device last proved, and one that did is not', async () => {
    const agent = await hub.enrol()
    const provedAtMs = async () =>
      (await hub.json<{ lastProvedAtMs: number | null }>(hub.get(`/api/v1/devices/${agent.agentId}`))).lastProvedAtMs
    expect(await provedAtMs()).toBeNull()
    const verified = async (problems: number): Promise<void> => {
      const run = await hub.startRun(agent.agentId)
      await hub.json<Run>(hub.post(`/api/v1/runs/${run.id}/cancel`, {}))
      const result = { kind: 'verify', snapshotId: 'ab'.repeat(16), files: 1, bytes: 1, blobsChecked: 1, problems }
      await hub.sql(`update run set kind = 'verify', state = 'succeeded', result = $2 where id = $1`, [run.id, JSON.stringify(result)])
      // What became true while nobody listened is seen at the start.
      await hub.hub.close()
      await hub.open()
    }
    await verified(1)
    expect(await provedAtMs()).toBeNull()
    await verified(0)
    expect(await provedAtMs()).toBeGreaterThan(Date.now() - 60_000)
  })
})
