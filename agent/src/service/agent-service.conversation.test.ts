import { randomBytes, randomInt } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { AppError, type BackupResult, type RunRequest } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startLinkedDevice, stopLinkedDevice } from '../../test/a-linked-device.ts'
import { aService, type TestAgent, type TestFolder } from '../../test/an-agent.ts'
import { aBackupOf, endOf, makeTree, snapshotOf } from '../../test/a-run.ts'
import type { FakeHub, Report } from '../../test/fake-hub.ts'
import type { AgentService } from './agent-service.ts'

// Each run starts threads of its own: without a cache every one of them strips the engine's types anew.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'holdfast-test-compile-cache')

let hub: FakeHub
let folder: TestFolder
let device: TestAgent
let service: AgentService
let sources: string

beforeEach(async () => {
  ;({ hub, folder, device, service, sources } = await startLinkedDevice())
})
afterEach(async () => {
  vi.restoreAllMocks()
  await stopLinkedDevice({ hub, folder, service })
})

const aTree = (): void => makeTree(sources)
/** Several packs of content. */
const aLongSource = (): void => {
  for (let n = 0; n < 12; n += 1) writeFileSync(join(sources, `large-${n}`), randomBytes(1_500_000))
}

/** Lets no pack arrive until it is told to: so a run is certainly under way when something happens to it. */
function holdPacks(): { arrived(): Promise<unknown>; release(): void } {
  const gate = Promise.withResolvers<undefined>()
  let held = 0
  hub.onHttp = async (method) => {
    if (method !== 'PUT') return
    held += 1
    await gate.promise
  }
  return { arrived: () => hub.until(() => held > 0, 'the first pack'), release: () => gate.resolve(undefined) }
}
const aBackup = (full = false): RunRequest => aBackupOf(hub, sources, full)
const ended = (runId: string): Promise<Report> => endOf(hub, runId)

const messagesOf = (runId: string): string[] =>
  hub
    .reports('run.log')
    .filter(({ body }) => body['runId'] === runId)
    .flatMap(({ body }) => (body['lines'] as { message: string }[]).map(({ message }) => message))

async function backUp(): Promise<Report> {
  const runId = await hub.begin(aBackup())
  return ended(runId)
}

test('backs up, tells how, restores the same tree and verifies it', async () => {
  aTree()
  const end = await backUp()
  expect(end.body).toMatchObject({
    outcome: 'succeeded',
    error: null,
    warnings: [],
    result: { kind: 'backup', backupKind: 'full', files: 302, filesNew: 302, filesRead: 302 },
  })
  expect(hub.vault.storedBytes).toBeGreaterThan(9 * 1024 * 1024)
  expect((end.body['result'] as BackupResult).bytesStored).toBe(hub.vault.storedBytes)
  expect(hub.reports('run.progress').length).toBeGreaterThan(0)
  expect(hub.reports('run.log').flatMap(({ body }) => (body['lines'] as { n: number }[]).map(({ n }) => n))).toEqual([1, 2])

  const target = join(folder.path, 'target')
  mkdirSync(target)
  const runId = await hub.begin({ kind: 'restore', snapshotId: snapshotOf(end), target: { path: target }, flat: false, paths: [] })
  expect((await ended(runId)).body).toMatchObject({
    outcome: 'succeeded',
    result: { kind: 'restore', filesRequested: 302, filesWritten: 302, filesSkipped: 0 },
  })
  expect(execFileSync('rsync', ['-naciH', '--delete', `${sources}/`, `${target}${sources}/`]).toString()).toBe('')

  const verified = await hub.begin({ kind: 'verify', snapshotId: snapshotOf(end) })
  expect((await ended(verified)).body).toMatchObject({ outcome: 'succeeded', result: { kind: 'verify', files: 302, problems: 0 } })
})

test('the second backup reads what changed, and nothing of the rest', async () => {
  aTree()
  const first = await backUp()
  await sleep(2_100)
  hub.usableBaseSnapshots = [snapshotOf(first)]
  writeFileSync(join(sources, 'a/file-7'), 'changed')
  const second = await backUp()
  // Files touched within two seconds of the first look are not trusted: that is the engine's rule, and the wait above is for it.
  expect(second.body).toMatchObject({
    outcome: 'succeeded',
    result: { backupKind: 'incremental', files: 302, filesChanged: 1, filesNew: 0 },
  })
  const full = await hub.begin(aBackup(true))
  expect((await ended(full)).body).toMatchObject({
    outcome: 'succeeded',
    result: { backupKind: 'full', filesRead: 302, bytesStored: expect.any(Number) as number },
  })
})

test('a catalogue whose snapshot the hub no longer vouches for is not used', async () => {
  aTree()
  await backUp()
  hub.usableBaseSnapshots = ['00'.repeat(16)]
  expect((await backUp()).body).toMatchObject({ outcome: 'succeeded', result: { backupKind: 'full', filesRead: 302 } })
})

test('what cannot be read makes a warning with its path, and what cannot be found at all a failure', async () => {
  aTree()
  const runId = await hub.begin({
    kind: 'backup',
    vaultId: hub.vault.vaultId,
    sources: [{ path: sources }, { path: join(folder.path, 'missing') }],
    full: false,
  })
  expect((await ended(runId)).body).toMatchObject({
    outcome: 'warning',
    warningCount: 1,
    warnings: [{ path: join(folder.path, 'missing'), code: 'source.not-found' }],
    result: { files: 302 },
  })
  const none = await hub.begin({
    kind: 'backup',
    vaultId: hub.vault.vaultId,
    sources: [{ path: join(folder.path, 'missing') }],
    full: false,
  })
  expect((await ended(none)).body).toMatchObject({
    outcome: 'failed',
    error: { code: 'run.nothing-to-back-up' },
    result: null,
    warningCount: 1,
  })
  expect(hub.vault.snapshots.size).toBe(1)
})

test('an empty source is never green, and the agent\u2019s own state is never backed up', async () => {
  expect((await backUp()).body).toMatchObject({ outcome: 'warning', warnings: [{ code: 'run.nothing-to-back-up' }], result: { files: 0 } })
  aTree()
  const runId = await hub.begin({ kind: 'backup', vaultId: hub.vault.vaultId, sources: [{ path: folder.path }], full: false })
  expect((await ended(runId)).body).toMatchObject({ outcome: 'succeeded', result: { files: 302 } })
})

test('contents are compressed as the request says', async () => {
  // A log that is never the same again: what the vault has already is not sent.
  const line = (): string =>
    `${randomInt(1e9)} info GET /api/v1/devices/${randomInt(1000)} by user-${randomInt(40)}: 200 in ${randomInt(900)} ms`
  const text = (): string => Array.from({ length: 60_000 }, line).join('\n')
  const stored: number[] = []
  for (const compression of ['off', 'fast', 'strong'] as const) {
    writeFileSync(join(sources, 'file'), text())
    const end = await ended(await hub.begin({ ...aBackup(), compression } as RunRequest))
    expect(end.body).toMatchObject({ outcome: 'succeeded' })
    stored.push((end.body['result'] as BackupResult).bytesStored)
  }
  const [off = 0, fast = 0, strong = 0] = stored
  expect(off).toBeGreaterThan(3_000_000)
  expect(fast).toBeLessThan(off / 2)
  expect(strong).toBeLessThan(fast)
})

test('patterns, presets and cache tags leave out what they mean, and the end says how much', async () => {
  const home = process.env['HOME']
  process.env['HOME'] = sources
  try {
    for (const name of ['a.o', 'keep.o', '.cache/x', 'sub/cache/CACHEDIR.TAG', 'sub/cache/big', 'sub/.cache/kept']) {
      mkdirSync(dirname(join(sources, name)), { recursive: true })
      writeFileSync(join(sources, name), name.endsWith('TAG') ? 'Signature: 8a477f597d28d172789f06886806bc55' : name)
    }
    const rules = { exclude: ['*.o', '!keep.o'], presets: ['linux-user-data'], excludeCaches: true }
    const runId = await hub.begin({ ...aBackup(), ...rules })
    expect((await ended(runId)).body).toMatchObject({
      outcome: 'succeeded',
      result: { files: 3, leftOut: { entries: 3, cacheFolders: 1, mountPoints: 0, ownPlaces: 0 } },
    })
    expect(messagesOf(runId)).toContain(
      'Left out: 3 entries by linux-user-data, 2 patterns, cache tags; among them the contents of 1 cache.',
    )
  } finally {
    process.env['HOME'] = home
  }
})

test('a preset that this system has not fails the run: nothing is kept that should be left out', async () => {
  writeFileSync(join(sources, 'file'), 'x')
  const runId = await hub.begin({ ...aBackup(), presets: ['macos-user-data'] } as RunRequest)
  expect((await ended(runId)).body).toMatchObject({ outcome: 'failed', error: { code: 'request.invalid' } })
  expect(hub.vault.snapshots.size).toBe(0)
})

test('a backup around the hub\u2019s data leaves out vault, database and the agent\u2019s state, and says so', async () => {
  await service.close()
  const data = join(folder.path, 'hub-data')
  mkdirSync(join(data, 'store'), { recursive: true })
  writeFileSync(join(data, 'store', 'pack'), randomBytes(2_000_000))
  writeFileSync(join(sources, 'file'), 'x')
  service = await aService(device, data)
  await service.link.whenConnected()
  const runId = await hub.begin({ kind: 'backup', vaultId: hub.vault.vaultId, sources: [{ path: folder.path }], full: false })
  expect((await ended(runId)).body).toMatchObject({
    outcome: 'succeeded',
    result: { files: 1, bytes: 1, leftOut: { entries: 0, cacheFolders: 0, mountPoints: 0, ownPlaces: 2 } },
  })
  expect(messagesOf(runId)).toContain('Left out: 2 places of Holdfast itself.')
})

test('a file that its owner locked away is a warning and an entry, not the end', async () => {
  aTree()
  chmodSync(join(sources, 'a/file-3'), 0)
  const { body } = await backUp()
  // The administrator reads everything.
  const expected = process.getuid?.() === 0 ? { outcome: 'succeeded', warningCount: 0 } : { outcome: 'warning', warningCount: 1 }
  expect(body).toMatchObject(expected)
})

test('once its end was told, the next run of the same source is taken at once, also where a thread takes its time to go', async () => {
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its worker below
  const { terminate } = Worker.prototype
  vi.spyOn(Worker.prototype, 'terminate').mockImplementation(async function (this: Worker) {
    const code = await terminate.call(this)
    await sleep(200)
    return code
  })
  aTree()
  for (let round = 0; round < 3; round += 1) {
    const { runId, ack } = await hub.offer(aBackup())
    expect(ack).toEqual({ ok: true, body: { accepted: true } })
    await ended(runId)
  }
})

test('a cancel ends the run as cancelled within five seconds, and the next may start at once', async () => {
  aLongSource()
  const packs = holdPacks()
  const runId = await hub.begin(aBackup())
  await packs.arrived()
  const askedAtMs = performance.now()
  expect(await hub.command('run.cancel', { runId, fence: 1 })).toEqual({ ok: true, body: { known: true } })
  expect((await ended(runId)).body).toMatchObject({ outcome: 'cancelled', error: null })
  expect(performance.now() - askedAtMs).toBeLessThan(5_000)
  expect(hub.vault.snapshots.size).toBe(0)
  packs.release()
  const next = await hub.offer(aBackup())
  expect(next.ack).toEqual({ ok: true, body: { accepted: true } })
  expect((await ended(next.runId)).body).toMatchObject({ outcome: 'succeeded' })
  expect(await hub.command('run.cancel', { runId, fence: 1 })).toEqual({ ok: true, body: { known: false } })
})

test('a cut of the link does not stop a run: it goes on, is in the next hello, and is told to its end', async () => {
  aLongSource()
  const packs = holdPacks()
  const runId = await hub.begin(aBackup())
  await packs.arrived()
  for (let cuts = 0; cuts < 3; cuts += 1) {
    const hellos = hub.hellos.length
    hub.cut()
    await hub.until(() => hub.hellos.length > hellos, 'the next hello')
    const [inHand] = hub.hellos.at(-1)?.runsInHand ?? []
    expect(inHand).toMatchObject({ runId, fence: 1 })
  }
  packs.release()
  const end = await ended(runId)
  expect(end.body).toMatchObject({ outcome: 'succeeded', result: { files: 12 } })
  expect(hub.reports('run.finished')).toHaveLength(1)
})

test('a hub that is away for a while over HTTP costs time, not the run', async () => {
  aLongSource()
  let refused = 0
  hub.onHttp = (method) => {
    if (method !== 'PUT' || refused >= 4) return
    refused += 1
    throw new AppError('store.unavailable')
  }
  expect((await backUp()).body).toMatchObject({ outcome: 'succeeded' })
  expect(refused).toBe(4)
})

test('a fence that is stale ends the run: nothing is committed', async () => {
  aLongSource()
  hub.handlers.set('session.have', () => {
    throw new AppError('run.fence-stale')
  })
  hub.onHttp = (method) => {
    if (method === 'PUT') throw new AppError('run.fence-stale')
  }
  expect((await backUp()).body).toMatchObject({ outcome: 'failed', error: { code: 'run.fence-stale' } })
  expect(hub.vault.snapshots.size).toBe(0)
})

test('a run that the hub gave up is dropped in silence at the next hello', async () => {
  aLongSource()
  const packs = holdPacks()
  const runId = await hub.begin(aBackup())
  await packs.arrived()
  hub.answerHello = () => ({ accepted: true, hubVersion: '0', timeMs: Date.now(), dropRuns: [runId] })
  hub.cut()
  await hub.until(() => service.desk.isIdle, 'the run to be dropped')
  await sleep(300)
  expect(hub.reports('run.finished')).toEqual([])
  expect(service.desk.facts).toEqual([])
})

test('one run at a time for one source; the same offer again is the same run, a newer attempt takes its place', async () => {
  aLongSource()
  const packs = holdPacks()
  const runId = await hub.begin(aBackup())
  await packs.arrived()
  expect((await hub.offer(aBackup(), { runId })).ack).toEqual({ ok: true, body: { accepted: true } })
  expect((await hub.offer(aBackup(true))).ack).toMatchObject({
    ok: true,
    body: { accepted: false, reason: expect.stringContaining('same kind and source') as string },
  })
  expect((await hub.offer(aBackup(), { runId, fence: 2 })).ack).toEqual({ ok: true, body: { accepted: true } })
  expect((await hub.offer(aBackup(), { runId, fence: 1 })).ack).toMatchObject({ ok: true, body: { accepted: false } })
  packs.release()
  const end = await ended(runId)
  expect(end.body).toMatchObject({ fence: 2, outcome: 'succeeded' })
  expect(hub.reports('run.finished')).toHaveLength(1)
})

test('an agent that is told to stop in the middle says that the run failed, and why', async () => {
  aLongSource()
  const packs = holdPacks()
  const runId = await hub.begin(aBackup())
  await packs.arrived()
  await service.close()
  expect((await ended(runId)).body).toMatchObject({ outcome: 'failed', error: { code: 'run.agent-lost' } })
  service = await aService(device)
  await service.link.whenConnected()
  expect(hub.hellos.at(-1)?.runsInHand).toEqual([])
})

test('an agent that is told to stop waits for no commit, also of a run that was cancelled before, and claims nothing of it', async () => {
  writeFileSync(join(sources, 'file'), 'x')
  let isAsked = false
  hub.onHttp = async (_method, path) => {
    if (!path.endsWith('/commit')) return
    isAsked = true
    await new Promise(() => undefined)
  }
  const runId = await hub.begin(aBackup())
  await hub.until(() => isAsked, 'the commit')
  expect(await hub.command('run.cancel', { runId, fence: 1 })).toEqual({ ok: true, body: { known: true } })
  await service.close()
  expect([service.desk.isIdle, hub.reports('run.finished')]).toEqual([true, []])
})
