import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RestoreRequest } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aBackupOf, endOf, makeTree, snapshotOf } from '../../test/a-run.ts'
import { startLinkedDevice, stopLinkedDevice } from '../../test/a-linked-device.ts'
import type { TestFolder } from '../../test/an-agent.ts'
import type { FakeHub, Report } from '../../test/fake-hub.ts'
import type { AgentService } from './agent-service.ts'

// Each run starts threads of its own: without a cache every one of them strips the engine's types anew.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'holdfast-test-compile-cache')

let hub: FakeHub
let folder: TestFolder
let service: AgentService
let sources: string

beforeEach(async () => {
  ;({ hub, folder, service, sources } = await startLinkedDevice())
})
afterEach(() => stopLinkedDevice({ hub, folder, service }))

const aTree = (): void => makeTree(sources)
const ended = (runId: string): Promise<Report> => endOf(hub, runId)

async function backUp(): Promise<Report> {
  const runId = await hub.begin(aBackupOf(hub, sources))
  return ended(runId)
}

test('a restore of some paths brings those, warns of one that is not there, and fails when none is', async () => {
  aTree()
  const snapshotId = snapshotOf(await backUp())
  const target = { path: join(folder.path, 'target') }
  mkdirSync(target.path)
  const restored = async (...paths: string[]): Promise<Report> => {
    const runId = await hub.begin({ kind: 'restore', snapshotId, target, flat: false, paths: paths.map((path) => ({ path })) })
    return ended(runId)
  }
  expect((await restored(join(sources, 'a/b'), '/nowhere')).body).toMatchObject({
    outcome: 'warning',
    warnings: [{ path: '/nowhere' }],
    result: { filesRequested: 2, filesWritten: 2 },
  })
  expect(readdirSync(`${target.path}${sources}/a/b`).toSorted()).toEqual(['empty', 'large', 'link', 'none'])
  expect((await restored('/nowhere')).body).toMatchObject({ outcome: 'failed', error: { code: 'snapshot.path-not-found' } })
})

test('a warning about what is no regular file does not mean that the path is missing from the snapshot', async () => {
  mkdirSync(join(sources, 'links'))
  for (const name of ['one', 'two']) symlinkSync('elsewhere', join(sources, 'links', name))
  const snapshotId = snapshotOf(await backUp())
  const target = join(folder.path, 'target')
  // A folder that holds something never makes room: the one warning of this restore.
  mkdirSync(join(target, sources, 'links/one/kept'), { recursive: true })
  const restored = async (...paths: string[]): Promise<Report['body']> => {
    const request = { kind: 'restore', snapshotId, target: { path: target }, flat: false, paths: paths.map((path) => ({ path })) } as const
    return (await ended(await hub.begin(request))).body
  }
  const end = await restored(join(sources, 'links'))
  expect(end).toMatchObject({ outcome: 'warning', error: null, result: { filesRequested: 0 } })
  expect(end['warnings']).toHaveLength(1)
  expect(readlinkSync(join(target, sources, 'links/two'))).toBe('elsewhere')
  const missing = await restored('/nowhere', '/nowhere', '/nowhere/below')
  expect(missing).toMatchObject({ outcome: 'failed', error: { code: 'snapshot.path-not-found' } })
})

test('a restore to the original place is tried without writing, keeps what is there, and never touches the agent itself', async () => {
  aTree()
  const snapshotId = snapshotOf(await backUp())
  const restored = async (changes: Partial<RestoreRequest>): Promise<Report['body']> => {
    const runId = await hub.begin({ kind: 'restore', snapshotId, target: null, flat: false, paths: [], conflict: 'rename', ...changes })
    return (await ended(runId)).body
  }
  const changed = join(sources, 'a/file-7')
  writeFileSync(changed, 'changed')
  rmSync(join(sources, 'a/file-8'))
  const counts = { filesRequested: 302, filesWritten: 302, filesUnchanged: 300, filesSkipped: 0, entriesReplaced: 0, entriesRenamed: 1 }
  expect(await restored({ dryRun: true })).toMatchObject({
    outcome: 'succeeded',
    result: {
      ...counts,
      dryRun: true,
      plan: [
        { path: changed, action: 'rename' },
        { path: join(sources, 'a/file-8'), action: 'create' },
      ],
    },
  })
  expect([readFileSync(changed, 'utf8'), readdirSync(join(sources, 'a')).length]).toEqual(['changed', 300])

  expect(await restored({ include: ['file-7'] })).toMatchObject({ outcome: 'succeeded', result: { filesRequested: 1, entriesRenamed: 1 } })
  const kept = readdirSync(join(sources, 'a')).find((name) => name.startsWith('file-7 (before restore '))
  expect(readFileSync(join(sources, 'a', kept ?? ''), 'utf8')).toBe('changed')
  expect(readFileSync(changed, 'utf8')).toBe('content 7 '.repeat(7))

  expect(await restored({ include: ['*.nothing'] })).toMatchObject({ outcome: 'failed', error: { code: 'snapshot.path-not-found' } })
  expect(await restored({ include: ['{a,b}'.repeat(10)] })).toMatchObject({ outcome: 'failed', error: { code: 'request.invalid' } })
  expect(await restored({ target: { path: join(folder.path, 'state/keys') } })).toMatchObject({
    outcome: 'failed',
    error: { code: 'restore.place-protected' },
  })
})

test('a pack that the hub has lost costs a restore the files in it, and no other', async () => {
  aTree()
  const snapshotId = snapshotOf(await backUp())
  expect(hub.vault.loseSegments(200_000)).toBeGreaterThan(3)
  const target = { path: join(folder.path, 'target') }
  mkdirSync(target.path)
  const runId = await hub.begin({ kind: 'restore', snapshotId, target, flat: false, paths: [] })
  const { body } = await ended(runId)
  expect(body).toMatchObject({ outcome: 'warning', result: { filesRequested: 302, filesWritten: 301 } })
  expect((body['warnings'] as { path: string }[]).map(({ path }) => path)).toContain(join(sources, 'a/b/large'))
  expect(readdirSync(`${target.path}${sources}/a`)).toHaveLength(301)
})

test('verification finds every damaged piece, names the files, and fails as corrupt', async () => {
  aTree()
  const end = await backUp()
  expect(hub.vault.damageSegments(200_000)).toBeGreaterThan(3)
  const runId = await hub.begin({ kind: 'verify', snapshotId: snapshotOf(end) })
  const { body } = await ended(runId)
  expect(body).toMatchObject({ outcome: 'failed', error: { code: 'vault.corrupt' }, result: { kind: 'verify', files: 302 } })
  expect((body['warnings'] as { path: string }[]).map(({ path }) => path)).toContain(join(sources, 'a/b/large'))
})

test('a snapshot whose signed part was changed is not trusted', async () => {
  aTree()
  const end = await backUp()
  const object = hub.vault.snapshots.get(snapshotOf(end))
  if (object === undefined) throw new Error('unreachable')
  object[100] = (object[100] ?? 0) ^ 1
  const runId = await hub.begin({ kind: 'verify', snapshotId: snapshotOf(end) })
  expect((await ended(runId)).body).toMatchObject({ outcome: 'failed', error: { code: 'vault.corrupt' } })
})
