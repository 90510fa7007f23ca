import { randomUUID } from 'node:crypto'
import { PlanId, RunId, type BackupResult, type LeftOut, type Run } from '@holdfast/shared-types'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { holdfast } from '../../test/a-command-line.ts'
import { aFolder, anEnrolledAgent, type TestAgent, type TestFolder } from '../../test/an-agent.ts'
import { FakeHub } from '../../test/fake-hub.ts'
import { takeLock, type ProcessLock } from '../state/process-lock.ts'

let hub: FakeHub
let folder: TestFolder
let device: TestAgent
let lock: ProcessLock | null = null
let orders: unknown[]

beforeEach(async () => {
  hub = await FakeHub.start()
  folder = aFolder()
  device = await anEnrolledAgent(hub, folder.path)
  process.env['HOLDFAST_AGENT_HOME'] = folder.path
  // An agent that runs in another process: the command only asks and looks.
  const attempt = await takeLock(device.folders.lockFile, 'service')
  if (attempt.taken) lock = attempt.lock
})
afterEach(async () => {
  lock?.release()
  lock = null
  delete process.env['HOLDFAST_AGENT_HOME']
  await hub.close()
  folder.remove()
})

const result: BackupResult = {
  kind: 'backup',
  backupKind: 'incremental',
  snapshotId: 'ab'.repeat(16) as NonNullable<BackupResult['snapshotId']>,
  files: 3,
  folders: 1,
  bytes: 9,
  filesRead: 2,
  bytesRead: 8,
  bytesStored: 7,
  filesNew: 1,
  filesChanged: 1,
  filesUnchanged: 1,
}

/** The hub takes an order, and shows the run as ended. */
function takeOrders(leftOut?: LeftOut, over: Partial<BackupResult> = {}): void {
  const id = RunId.parse(randomUUID())
  const { agentId } = device.agent.identity
  orders = []
  const run = (): Run => ({
    id,
    agentId,
    deviceName: 'box',
    kind: 'backup',
    state: 'succeeded',
    requestedBy: 'box',
    trigger: 'order',
    planId: null,
    planName: null,
    attempt: 1,
    attempts: null,
    notBeforeMs: null,
    pausedAtMs: null,
    waitsFor: null,
    createdAtMs: 1000,
    startedAtMs: 2000,
    finishedAtMs: 5000,
    progress: null,
    request: { kind: 'backup', vaultId: hub.vault.vaultId, sources: [{ path: '/etc' }], full: false, ...(orders[0] as object) },
    result: { ...result, ...(leftOut === undefined ? {} : { leftOut }), ...over },
    error: null,
    warnings: [],
    warningCount: 0,
  })
  hub.scripted.set(`POST /api/v1/devices/${agentId}/runs`, (_query, body) => {
    orders.push(JSON.parse(body.toString()))
    return run()
  })
  hub.scripted.set(`GET /api/v1/runs/${id}`, run)
  hub.scripted.set(`GET /api/v1/runs/${id}/log`, () => ({ items: [], lastSeq: 0 }))
}

test('what is to be left out goes into the order, and what was into summary and document', async () => {
  const rules = { exclude: ['*.o', '!keep.o'], presets: ['linux-user-data'], excludeCaches: true }
  const leftOut = { entries: 1234, cacheFolders: 1, mountPoints: 0, ownPlaces: 1 }
  const asked = ['--exclude', '*.o', '--exclude', '!keep.o', '--preset', 'linux-user-data', '--exclude-caches']
  takeOrders(leftOut)
  const { out } = await holdfast('backup', '/etc', ...asked)
  expect(orders).toEqual([{ kind: 'backup', sources: [{ path: '/etc' }], full: false, ...rules }])
  expect(out).toContain(
    'Left out  1,234 entries by linux-user-data, 2 patterns, cache tags; among them the contents of 1 cache; 1 place of Holdfast itself\n',
  )
  takeOrders(leftOut)
  expect(JSON.parse((await holdfast('backup', '/etc', ...asked, '--json')).out)).toMatchObject({ leftOut })
})

test('a backup of everything says nothing of exclusions', async () => {
  takeOrders({ entries: 0, cacheFolders: 0, mountPoints: 0, ownPlaces: 0 })
  expect((await holdfast('backup', '/etc')).out).not.toContain('Left out')
  expect(orders).toEqual([{ kind: 'backup', sources: [{ path: '/etc' }], full: false }])
})

test.each([
  ['off', { compression: 'off' }],
  ['strong', { compression: 'strong' }],
  // The usual is not said: the order is the same as without the option, and finds a run that waits for the same.
  ['fast', {}],
])('--compression %s goes into the order as %j', async (how, ordered) => {
  takeOrders()
  expect((await holdfast('backup', '/etc', '--compression', how)).status).toBe(0)
  expect(orders).toEqual([{ kind: 'backup', sources: [{ path: '/etc' }], full: false, ...ordered }])
})

test('--keep-deleted goes into the order, and the summary says what came of it', async () => {
  const deleted = { files: 40, folders: 3, bytes: 123_456, filesNewlyDeleted: 2, replaced: 1, lost: 0 }
  takeOrders(undefined, { deleted })
  const { out } = await holdfast('backup', '/etc', '--keep-deleted')
  expect(orders).toEqual([{ kind: 'backup', sources: [{ path: '/etc' }], full: false, deletedFiles: 'keep' }])
  expect(out).toContain('Deleted   40 files (121 KiB) and 3 folders kept, 2 files deleted since the last backup, 1 not kept')
  expect(JSON.parse((await holdfast('backup', '/etc', '--keep-deleted', '--json')).out)).toMatchObject({ deleted })
})

test('another word for the compression is a usage error, and nothing is asked for', async () => {
  takeOrders()
  expect(await holdfast('backup', '/etc', '--compression', 'brotli')).toMatchObject({
    status: 2,
    err: expect.stringContaining('off, fast, strong') as string,
  })
  expect(orders).toEqual([])
})

test('without a path, a preset says what to back up', async () => {
  takeOrders()
  expect((await holdfast('backup', '--preset', 'linux-everything', '--one-file-system')).status).toBe(0)
  expect(orders).toEqual([{ kind: 'backup', sources: [{ path: '/' }], full: false, presets: ['linux-everything'], oneFileSystem: true }])
})

test('a pattern that repeats the path of its source is pointed out', async () => {
  takeOrders()
  expect((await holdfast('backup', '/etc', '--exclude', '/etc/ssl')).err).toContain('To leave out /etc/ssl write “/ssl”.')
})

describe('with a plan', () => {
  const planId = PlanId.parse(randomUUID())
  beforeEach(() => {
    const { agentId } = device.agent.identity
    const plan = {
      id: planId,
      agentId,
      deviceName: 'box',
      vaultId: hub.vault.vaultId,
      name: 'Home',
      sources: [{ path: '/home' }],
      compression: 'strong',
      deletedFiles: 'keep',
      retries: { count: 3, firstDelayMs: 300_000 },
      timeoutMs: null,
      shrinkLimitPercent: 50,
      isEnabled: true,
      revision: 1,
      createdAtMs: 1,
      updatedAtMs: 1,
      problem: null,
      lastSize: null,
      lastRun: { id: randomUUID(), state: 'succeeded', createdAtMs: 1, finishedAtMs: 2 },
      activeRun: null,
    }
    hub.scripted.set('GET /api/v1/plans', () => ({ items: [plan] }))
    takeOrders()
    hub.scripted.set(`POST /api/v1/plans/${planId}/runs`, (query, body) =>
      hub.scripted.get(`POST /api/v1/devices/${agentId}/runs`)?.(query, body),
    )
  })

  test.each([
    ['its name', 'Home'],
    ['its id', planId],
  ])('it runs the plan of %s', async (_, name) => {
    expect(await holdfast('backup', '--plan', name, '--full')).toMatchObject({ status: 0 })
    expect(orders).toEqual([{ full: true }])
  })

  test('it refuses what a plan says itself, and a plan that the device does not have', async () => {
    expect(await holdfast('backup', '--plan', 'Home', '/etc')).toMatchObject({
      status: 2,
      err: expect.stringContaining('--plan alone') as string,
    })
    expect(await holdfast('backup', '--plan', 'Home', '--keep-deleted')).toMatchObject({
      status: 2,
      err: expect.stringContaining('deleted files') as string,
    })
    for (const how of ['fast', 'off'])
      expect(await holdfast('backup', '--plan', 'Home', '--compression', how)).toMatchObject({
        status: 2,
        err: expect.stringContaining('how it is compressed') as string,
      })
    expect(await holdfast('backup', '--plan', 'Work')).toMatchObject({ status: 4, err: expect.stringContaining('“Home”') as string })
    expect(orders).toEqual([])
  })

  test('the plans of the device are listed', async () => {
    expect((await holdfast('plans')).out).toMatch(/Home +ready +succeeded, .* +kept +\/home\n/)
    expect(JSON.parse((await holdfast('plans', '--json')).out)).toMatchObject([
      { id: planId, name: 'Home', problem: null, deletedFiles: 'keep' },
    ])
  })
})

test('presets are shown with the reason of each rule, whether or not the machine is enrolled', async () => {
  process.env['HOLDFAST_AGENT_HOME'] = `${folder.path}/elsewhere`
  const people = await holdfast('presets')
  expect(people.status).toBe(0)
  expect(people.out).toMatch(/exclude +\/var\/cache +caches\n/)
  expect(people.out).toMatch(/optional, out +\/boot +rarely needed/)
  const all = JSON.parse((await holdfast('presets', 'windows-user-data', '--json')).out) as { name: string; rules: { why: string }[] }[]
  expect(all).toMatchObject([{ name: 'windows-user-data', system: 'windows' }])
  expect(all[0]?.rules.every(({ why }) => why.length > 3)).toBe(true)
  expect(await holdfast('presets', 'nonsense')).toMatchObject({ status: 2, err: expect.stringContaining('linux-user-data') as string })
})
