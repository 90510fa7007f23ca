import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SnapshotEntry } from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import { decodeSnapshotObject } from '@holdfast/engine/format'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FakeAgent } from '../../../../test/fake-agent.ts'
import { TestHub } from '../../../../test/test-hub.ts'
import { folder } from './build-tree.ts'
import { ask, begin, call, commit, finish, restoreFolder, send } from './wire-backup.ts'

/*
 * The session's conversation over real links, tokens and runs: what the tests beside the use cases take for granted.
 */

describe('a backup over the wire', () => {
  let hub: TestHub
  let agent: FakeAgent
  beforeAll(async () => {
    hub = await TestHub.start()
    agent = await hub.enrol()
    await agent.link()
  })
  afterAll(() => hub.stop())

  test('is committed, survives a restart of the hub in its middle, and is browsed, downloaded and read again byte for byte', async () => {
    const content = randomBytes(3_200_000)
    const session = await begin(hub, agent)
    const tree = folder({ home: folder({ 'big.bin': content }) })
    const object = await send(agent, session, tree)
    await hub.hub.close()
    await hub.open()
    agent.origin = hub.origin
    await agent.link([{ runId: session.runId, fence: session.fence, state: 'committing' }])
    const { snapshotId } = await commit(agent, session, object)
    expect(await commit(agent, session, object)).toMatchObject({ snapshotId })
    await finish(agent, session)
    await hub.expectState(session.runId, 'succeeded')

    const listed = await hub.json<{ items: { id: string }[] }>(hub.get('/api/v1/snapshots?host=laptop'))
    expect(listed.items.map(({ id }) => id)).toEqual([snapshotId])
    const entries = await hub.json<{ items: SnapshotEntry[] }>(hub.get(`/api/v1/snapshots/${snapshotId}/entries?path=/home`))
    expect(entries.items).toMatchObject([{ path: '/home/big.bin', size: content.length }])
    const file = await hub.get(`/api/v1/snapshots/${snapshotId}/file?path=/home/big.bin`)
    expect(Buffer.from(await file.arrayBuffer()).equals(content)).toBe(true)

    expect((await restoreFolder(hub, agent, snapshotId, 'home'))['big.bin']?.equals(content)).toBe(true)
    expect(await hub.hub.admin('fsck', { readData: true })).toMatchObject({ ok: true, problems: [] })
  })

  test('hands nothing to another device', async () => {
    const session = await begin(hub, agent, '/srv')
    const other = await hub.enrol('other')
    await other.link()
    await expect(
      call(other, `/sessions/${session.sessionId}/packs/${'ab'.repeat(16)}?fence=${session.fence}`, 'PUT', randomBytes(100)),
    ).rejects.toMatchObject({ code: 'session.not-found' })
    await expect(
      ask(other, 'session.have', { sessionId: session.sessionId, fence: session.fence, ids: randomBytes(32) }),
    ).rejects.toMatchObject({ code: 'session.not-found' })
    await finish(agent, session)
  })
})

describe('leases that run out', () => {
  test('never leave an expired run with a snapshot, nor a commit\u2019s word without one', { timeout: 120_000 }, async () => {
    const leaseMs = 1000
    const hub = await TestHub.start({ leaseMs })
    try {
      const agent = await hub.enrol()
      await agent.link()
      const outcomes: string[] = []
      for (let round = 0; round < 30 && outcomes.length < 12; round++) {
        const beganMs = performance.now()
        const session = await begin(hub, agent, `/round-${round}`).catch(() => null)
        if (session === null) continue
        const object = await send(agent, session, folder({ home: folder({ f: randomBytes(300) }) })).catch(() => null)
        if (object === null) continue
        // Around the end of the lease, which nothing extends.
        await sleep(Math.max(0, beganMs + leaseMs - 250 + Math.random() * 400 - performance.now()))
        const word = await commit(agent, session, object).then(
          () => 'committed',
          (error: { code: string }) => error.code,
        )
        await expect.poll(async () => (await hub.run(session.runId)).finishedAtMs, { interval: 50 }).not.toBeNull()
        const { state } = await hub.run(session.runId)
        const id = toHex(decodeSnapshotObject(object).header.snapshotId)
        outcomes.push(`${word} ${state} ${await isStored(hub, agent, id)}`)
      }
      for (const outcome of outcomes)
        expect(outcome).toMatch(
          /^(committed succeeded true|run\.(fence-stale|already-finished) expired false|session\.not-found expired false)$/,
        )
      expect(outcomes.length).toBeGreaterThan(5)
      expect(await hub.hub.admin('fsck', { readData: false })).toMatchObject({ ok: true })
    } finally {
      await hub.stop()
    }
  })
})

async function isStored(hub: TestHub, agent: FakeAgent, snapshotId: string): Promise<boolean> {
  const names = await readdir(join(hub.dataDir, 'store', agent.answer?.vaultId ?? '', 's', agent.agentId)).catch(() => [])
  return names.some((name) => name.endsWith(snapshotId))
}
