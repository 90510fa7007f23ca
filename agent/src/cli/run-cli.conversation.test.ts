import { randomUUID } from 'node:crypto'
import { AgentId, AppError, RunId, type Run, type RunOutcome, type Snapshot } from '@holdfast/shared-types'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { holdfast } from '../../test/a-command-line.ts'
import { aFolder, anEnrolledAgent, type TestAgent, type TestFolder } from '../../test/an-agent.ts'
import { anEntry, snapshotFacts } from '../../test/an-entry.ts'
import { FakeHub } from '../../test/fake-hub.ts'
import { hostFacts } from '../identity/host-facts.ts'
import { takeLock, type ProcessLock } from '../state/process-lock.ts'

let hub: FakeHub
let folder: TestFolder
let device: TestAgent
let lock: ProcessLock | null = null

beforeEach(async () => {
  hub = await FakeHub.start()
  folder = aFolder()
  device = await anEnrolledAgent(hub, folder.path)
  process.env['HOLDFAST_AGENT_HOME'] = folder.path
})
afterEach(async () => {
  lock?.release()
  lock = null
  delete process.env['HOLDFAST_AGENT_HOME']
  await hub.close()
  folder.remove()
})

const documentOf = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>

const aSnapshot = (id: string, changes: Partial<Snapshot> = {}): Snapshot => ({
  id: id.padEnd(32, '0') as Snapshot['id'],
  vaultId: hub.vault.vaultId,
  agentId: device.agent.identity.agentId,
  ...snapshotFacts,
  ...changes,
})

describe('what is wrong with a command line', () => {
  test.each([
    [['backup']],
    [['frobnicate']],
    [['restore', 'latest']],
    [['backup', '/etc', '--include', 'x']],
    [['backup', '/etc', '--exclude', 'a[b']],
    [['restore', 'abc', '--target', '/t']],
    [['ls', 'latest', 'relative']],
  ])('%j is told with status 2, also in JSON', async (args) => {
    expect(await holdfast(...args)).toMatchObject({ status: 2, out: '' })
    const { status, out } = await holdfast(...args, '--json')
    expect(status).toBe(2)
    expect(documentOf(out)).toMatchObject({
      error: { code: 'command.invalid', message: expect.any(String) as string, cure: expect.any(String) as string },
    })
  })

  test('a machine that is not enrolled is told how to be', async () => {
    process.env['HOLDFAST_AGENT_HOME'] = `${folder.path}/elsewhere`
    expect(await holdfast('snapshots')).toEqual({
      status: 1,
      out: '',
      err: 'Error: This machine is not enrolled at a hub.\nRun `holdfast enrol HUB_URL --token TOKEN`.\n',
    })
  })

  test('a hub that is away is status 11', async () => {
    const comeBack = await hub.goAway()
    expect(documentOf((await holdfast('snapshots', '--json')).out)).toMatchObject({ error: { code: 'hub.unreachable' } })
    expect((await holdfast('snapshots')).status).toBe(11)
    comeBack()
    hub = await FakeHub.start()
  })
})

test('status tells what the device may use, as the hub keeps it', async () => {
  const { agentId, vaultId, domainId } = device.agent.identity
  const limits = { uploadBytesPerSecond: 2_097_152, isBackground: true }
  const times = { enrolledAtMs: 1, lastSeenAtMs: null, lastSnapshotAtMs: null, lastRunStatus: null }
  const known = { id: agentId, name: 'box', host: hostFacts(), version: '0.1.0', online: false, vaultId, domainId, ...times, limits }
  hub.scripted.set('GET /api/v1/runs', () => ({ items: [] }))
  hub.scripted.set(`GET /api/v1/devices/${agentId}`, () => known)
  expect(documentOf((await holdfast('status', '--json')).out)).toMatchObject({ link: 'stopped', limits, lastProvedAt: null })
  expect((await holdfast('status')).out).toContain('Limits   upload 2.00 MiB/s at most, backups give way to other work')
})

test('snapshots are a table for people and a list for scripts, by host on request', async () => {
  const asked: (string | null)[] = []
  hub.scripted.set('GET /api/v1/snapshots', (query) => {
    asked.push(query.get('host'))
    return { items: [aSnapshot('aaaaaaaa1'), aSnapshot('aaaaaaaa2', { deviceName: 'other\u001b[31m', status: 'partial' })] }
  })
  const people = await holdfast('snapshots', '--host', 'box')
  expect(asked).toEqual(['box'])
  // Ids are as long as it takes to tell them apart.
  expect(people.out.split('\n').map((line) => line.split('  ')[0])).toEqual(['ID', 'aaaaaaaa1', 'aaaaaaaa2', ''])
  expect(people.out).toContain('other\\x1b[31m')
  expect(JSON.parse((await holdfast('snapshots', '--json')).out)).toEqual([
    {
      id: 'aaaaaaaa1'.padEnd(32, '0'),
      createdAt: '2026-01-02T03:04:05.000Z',
      status: 'complete',
      host: 'box',
      plan: null,
      files: 12_345,
      bytes: 5_000_000,
      held: null,
      deleted: null,
    },
    expect.objectContaining({ status: 'partial' }),
  ])
})

test('deleted snapshots are asked for, with how long they can be had back and who deleted them', async () => {
  const deleted = {
    atMs: Date.UTC(2026, 0, 3),
    by: 'retention of plan Home',
    undoUntilMs: Date.UTC(2026, 0, 17),
    isGoing: false,
    replacedBy: null,
  }
  const asked: (string | null)[] = []
  hub.scripted.set('GET /api/v1/snapshots', (query) => {
    asked.push(query.get('kept'))
    return { items: [aSnapshot('aaaaaaaa1', { deleted }), aSnapshot('bbbbbbbb2', { deleted: { ...deleted, isGoing: true } })] }
  })
  const { out } = await holdfast('snapshots', '--deleted')
  expect(asked).toEqual(['deleted'])
  expect(out).toMatch(/aaaaaaaa .*until 2026-01-1[67].*retention of plan Home/)
  expect(out).toMatch(/bbbbbbbb .*no: it is being removed/)
  expect(JSON.parse((await holdfast('snapshots', '--deleted', '--json')).out)).toMatchObject([
    { deleted: { by: 'retention of plan Home', at: '2026-01-03T00:00:00.000Z', undoUntil: '2026-01-17T00:00:00.000Z' } },
    {},
  ])
  hub.scripted.set('GET /api/v1/snapshots', () => ({ items: [] }))
  expect((await holdfast('snapshots', '--deleted')).out).toContain('no deleted snapshots')
})

describe('ls', () => {
  beforeEach(() => {
    hub.scripted.set('GET /api/v1/snapshots/latest', () => aSnapshot('aaaaaaaa1'))
  })
  const entriesCall = `GET /api/v1/snapshots/${'aaaaaaaa1'.padEnd(32, '0')}/entries`

  test('reads a folder of several pages to its end, and escapes names', async () => {
    const entries = [
      anEntry('/etc/a', { type: 'folder', mode: 0o755, subtree: { files: 1, bytes: 9, errors: 0 } }),
      anEntry('/etc/b\u001b[2J'),
      anEntry('/etc/\ufffd', { pathBase64: Buffer.from('/etc/\xff', 'latin1').toString('base64') }),
      anEntry('/etc/l', { type: 'symlink', mode: 0o777, symlinkTarget: 'x\ny' }),
    ]
    hub.scripted.set(entriesCall, (query) => ({
      folder: anEntry('/etc', { type: 'folder' }),
      items: entries.slice(Number(query.get('after')), Number(query.get('after')) + 2),
      total: entries.length,
    }))
    const { status, out } = await holdfast('ls', 'latest', '/etc/')
    expect(status).toBe(0)
    const lines = out.trimEnd().split('\n')
    expect(lines.map((line) => line.replace(/^(\S+) root 1000 +[\d-]+ \S+ \S+ /, '$1 '))).toEqual([
      'drwxr-xr-x a/',
      '-rw-r--r-- b\\x1b[2J',
      '-rw-r--r-- \\xff',
      'lrwxrwxrwx l -> x\\x0ay',
    ])
    expect((JSON.parse((await holdfast('ls', 'latest', '/etc', '--json')).out) as unknown[])[2]).toEqual({
      path: '/etc/\ufffd',
      pathBase64: 'L2V0Yy//',
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 1000,
      size: 42,
      mtimeNs: '1700000000123456789',
    })
  })

  test('leaves out what is deleted and says so, until it is asked for or the folder is deleted itself', async () => {
    const deletedAtMs = Date.UTC(2026, 0, 2, 3, 4, 5)
    const items = [anEntry('/etc/gone', { deletedAtMs }), anEntry('/etc/here')]
    let listed = anEntry('/etc', { type: 'folder' })
    hub.scripted.set(entriesCall, () => ({ folder: listed, items, total: 2 }))
    const { out } = await holdfast('ls', 'latest', '/etc')
    expect(out).not.toContain('gone')
    expect(out).toContain('1 deleted entry not shown: add --deleted.')
    expect(JSON.parse((await holdfast('ls', 'latest', '/etc', '--json')).out)).toHaveLength(1)
    expect((await holdfast('ls', 'latest', '/etc', '--deleted')).out).toMatch(/gone {2}\(deleted, first missed 2026-01-0\d .*\)\n.*here\n$/)
    const documents = JSON.parse((await holdfast('ls', 'latest', '/etc', '--deleted', '--json')).out) as object[]
    expect(documents.map((one) => 'deletedAtMs' in one)).toEqual([true, false])
    listed = anEntry('/etc', { type: 'folder', deletedAtMs })
    expect((await holdfast('ls', 'latest', '/etc')).out).toContain('gone')
  })

  test('shows a file as itself, and what is not there as status 4', async () => {
    hub.scripted.set(entriesCall, (query) => {
      if (query.get('path') !== '/etc/hosts') throw new AppError('snapshot.path-not-found')
      return { folder: anEntry('/etc/hosts'), items: [], total: 0 }
    })
    expect(JSON.parse((await holdfast('ls', 'latest', '/etc/hosts', '--json')).out)).toMatchObject([{ path: '/etc/hosts', type: 'file' }])
    expect((await holdfast('ls', 'latest', '/nowhere')).status).toBe(4)
  })
})

describe('with an agent that runs in another process', () => {
  const runId = RunId.parse(randomUUID())
  const aRun = (state: Run['state'], changes: Partial<Run> = {}): Run => ({
    id: runId,
    agentId: AgentId.parse(device.agent.identity.agentId),
    deviceName: 'box',
    kind: 'backup',
    state,
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
    request: { kind: 'backup', vaultId: hub.vault.vaultId, sources: [{ path: '/etc' }], full: false },
    result: null,
    error: null,
    warnings: [],
    warningCount: 0,
    ...changes,
  })
  const done: Run['result'] = {
    kind: 'backup',
    backupKind: 'incremental',
    snapshotId: 'ab'.repeat(16) as Snapshot['id'],
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
  let orders: unknown[]

  /** The hub shows the run in these states, one after the other. */
  function script(...runs: Run[]): void {
    orders = []
    let looks = 0
    hub.scripted.set(`POST /api/v1/devices/${device.agent.identity.agentId}/runs`, (_query, body) => {
      orders.push(JSON.parse(body.toString()))
      return aRun('queued')
    })
    hub.scripted.set(`GET /api/v1/runs/${runId}`, () => {
      looks += 1
      return runs[Math.min(looks, runs.length) - 1]
    })
    hub.scripted.set(`GET /api/v1/runs/${runId}/log`, (query) => ({
      items: query.get('after') === '0' ? [{ seq: 1, atMs: 0, level: 'info', event: 'x', message: 'Reading all files.', path: null }] : [],
      lastSeq: 1,
    }))
  }
  beforeEach(async () => {
    const attempt = await takeLock(device.folders.lockFile, 'service')
    if (attempt.taken) lock = attempt.lock
  })

  test('backup asks the hub, follows the run and gives its figures', async () => {
    script(aRun('queued'), aRun('running'), aRun('succeeded', { result: done }))
    expect(await holdfast('backup', '/etc/', 'relative', '--full', '--json')).toMatchObject({ status: 0, err: '' })
    expect(orders).toEqual([{ kind: 'backup', sources: [{ path: '/etc' }, { path: `${process.cwd()}/relative` }], full: true }])
    script(aRun('succeeded', { result: done }))
    const { out } = await holdfast('backup', '/etc', '--json')
    expect(documentOf(out)).toEqual({
      status: 'succeeded',
      kind: 'incremental',
      runId,
      snapshotId: 'ab'.repeat(16),
      files: 3,
      bytes: 9,
      filesRead: 2,
      bytesRead: 8,
      bytesStored: 7,
      leftOut: { entries: 0, cacheFolders: 0, mountPoints: 0, ownPlaces: 0 },
      warnings: [],
      durationMs: 3000,
    })
    // No second link: all of it went over HTTP.
    expect(hub.hellos).toEqual([])
  })

  test('people get the log while it runs, and at the end warnings and a summary', async () => {
    const warnings = Array.from({ length: 25 }, (_, n) => ({
      path: `/etc/secret-${n}\u001b[2J`,
      code: 'source.unreadable',
      message: 'The agent may not read this.',
    }))
    script(aRun('running'), aRun('warning', { result: done, warnings, warningCount: 1234 }))
    const { status, out, err } = await holdfast('backup', '/etc')
    expect(status).toBe(3)
    expect(err).toContain('Reading all files.')
    expect(out).toContain('1,234 warnings:\n  /etc/secret-0\\x1b[2J: The agent may not read this. (source.unreadable)\n')
    expect(out).toContain('… and 1,214 more')
    expect(out).toContain('Backup finished with warnings after 3.0 s')
    expect(out).toContain('3 in 1 folder: 1 new, 1 changed, 1 unchanged')
  })

  test.each<[RunOutcome, string | null, number]>([
    ['cancelled', null, 130],
    ['failed', 'vault.corrupt', 20],
    ['failed', 'vault.wrong-key', 12],
    ['failed', 'run.nothing-to-back-up', 1],
    ['failed', 'hub.unreachable', 11],
    ['failed', 'a.code-of-tomorrow', 1],
    ['expired', 'run.expired', 11],
  ])('a run that ended %s with %s is status %i, and its document says so', async (outcome, code, status) => {
    script(aRun(outcome, { error: code === null ? null : { code, message: 'What happened.', cure: 'What to do.' } }))
    const answer = await holdfast('backup', '/etc', '--json')
    expect(answer.status).toBe(status)
    expect(documentOf(answer.out)).toMatchObject({
      status: outcome,
      runId,
      snapshotId: null,
      files: 0,
      ...(code === null ? {} : { error: { code, message: 'What happened.', cure: 'What to do.' } }),
    })
  })

  test('a hub that is away for a moment does not end the watching', async () => {
    script(aRun('running'), aRun('succeeded', { result: done }))
    let calls = 0
    hub.onHttp = (_method, path) => {
      calls += 1
      if (path.includes('/runs/') && calls > 2 && calls < 5) throw new AppError('database.unavailable')
    }
    const { status, err } = await holdfast('backup', '/etc')
    expect(status).toBe(0)
    expect(err).toContain('waiting for the hub')
  })

  test('Ctrl+C once cancels and waits for the honest end; twice leaves', async () => {
    let cancels = 0
    script(aRun('running'))
    hub.scripted.set(`POST /api/v1/runs/${runId}/cancel`, () => {
      cancels += 1
      hub.scripted.set(`GET /api/v1/runs/${runId}`, () => aRun('cancelled'))
      return aRun('running')
    })
    const once = holdfast('backup', '/etc')
    await hub.until(() => orders.length === 1 && process.listenerCount('SIGINT') > 0, 'the run to be followed')
    process.emit('SIGINT')
    process.emit('SIGINT')
    expect(await once).toMatchObject({ status: 130 })
    expect(cancels).toBe(1)

    script(aRun('running'))
    hub.scripted.set(`POST /api/v1/runs/${runId}/cancel`, () => aRun('running'))
    const twice = holdfast('backup', '/etc')
    await hub.until(() => orders.length === 1 && process.listenerCount('SIGINT') > 0, 'the run to be followed')
    process.emit('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 400))
    process.emit('SIGINT')
    expect(await twice).toMatchObject({ status: 130, err: expect.stringContaining('You left before the run had ended.') as string })
    expect(process.listenerCount('SIGINT')).toBe(0)
  })

  test('a run that waits already for the same is followed; another one stays a conflict', async () => {
    script(aRun('succeeded', { result: done }))
    hub.scripted.set(`POST /api/v1/devices/${device.agent.identity.agentId}/runs`, () => {
      throw new AppError('run.already-active')
    })
    hub.scripted.set('GET /api/v1/runs', () => ({ items: [aRun('queued')] }))
    expect((await holdfast('backup', '/etc')).status).toBe(0)
    const { status, err } = await holdfast('backup', '/etc', '--full')
    expect([status, err.split('\n')[0]]).toEqual([1, 'Error: A run of the same kind and source is active already.'])
  })

  test('status tells the agent that runs, its link and what it does', async () => {
    hub.scripted.set('GET /api/v1/runs', () => ({ items: [aRun('running')] }))
    const { status, out } = await holdfast('status', '--json')
    expect(status).toBe(0)
    expect(documentOf(out)).toMatchObject({
      agentId: device.agent.identity.agentId,
      hubUrl: hub.url,
      link: 'connecting',
      pid: process.pid,
      runs: [{ id: runId, kind: 'backup', state: 'running' }],
    })
  })
})

test('a second command that would be the agent is told who is', async () => {
  const attempt = await takeLock(device.folders.lockFile, 'command')
  if (attempt.taken) lock = attempt.lock
  const { status, out } = await holdfast('backup', '/etc', '--json')
  expect(status).toBe(1)
  expect(documentOf(out)).toMatchObject({ error: { code: 'agent.busy', message: expect.stringContaining(`pid ${process.pid}`) as string } })
})
