import { randomUUID } from 'node:crypto'
import { AgentId, RunId, SnapshotId, type RestoreResult, type Run, type Snapshot } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { holdfastAt, type Ended } from '../../test/a-command-line.ts'
import { aFolder, anEnrolledAgent, type TestAgent, type TestFolder } from '../../test/an-agent.ts'
import { FakeHub } from '../../test/fake-hub.ts'
import { takeLock, type ProcessLock } from '../state/process-lock.ts'

let hub: FakeHub
let folder: TestFolder
let device: TestAgent
let lock: ProcessLock | null = null
let orders: unknown[]
let questions: string[]

const runId = RunId.parse(randomUUID())
const snapshotId = SnapshotId.parse('ab'.repeat(16))
const result: RestoreResult = { kind: 'restore', snapshotId, filesRequested: 5, filesWritten: 4, filesSkipped: 1, bytesWritten: 77 }

beforeEach(async () => {
  hub = await FakeHub.start()
  folder = aFolder()
  device = await anEnrolledAgent(hub, folder.path)
  process.env['HOLDFAST_AGENT_HOME'] = folder.path
  // An agent that runs in another process.
  const attempt = await takeLock(device.folders.lockFile, 'service')
  if (attempt.taken) lock = attempt.lock
  questions = []
  script(result)
})
afterEach(async () => {
  lock?.release()
  delete process.env['HOLDFAST_AGENT_HOME']
  await hub.close()
  folder.remove()
})

/** The hub has one snapshot, and a restore of it ends like this. */
function script(restored: RestoreResult): void {
  orders = []
  const snapshot: Snapshot = {
    id: snapshotId,
    vaultId: hub.vault.vaultId,
    vaultKind: 'managed',
    agentId: AgentId.parse(device.agent.identity.agentId),
    deviceName: 'box',
    runId: null,
    createdAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    status: 'complete',
    plan: null,
    roots: [{ path: '/etc' }, { path: '/home/ada' }],
    files: 5,
    folders: 2,
    bytes: 77,
    errors: 0,
    held: null,
    deleted: null,
    rewritten: null,
  }
  const run = (request: Run['request'], ended: boolean): Run => ({
    id: runId,
    agentId: snapshot.agentId,
    deviceName: 'box',
    kind: 'restore',
    state: ended ? 'succeeded' : 'queued',
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
    finishedAtMs: ended ? 5000 : null,
    progress: null,
    request,
    result: ended ? restored : null,
    error: null,
    warnings: [],
    warningCount: 0,
  })
  let request: Run['request'] = { kind: 'verify', snapshotId }
  hub.scripted.set('GET /api/v1/snapshots/latest', () => snapshot)
  hub.scripted.set(`POST /api/v1/devices/${device.agent.identity.agentId}/runs`, (_query, body) => {
    request = JSON.parse(body.toString()) as Run['request']
    orders.push(request)
    return run(request, false)
  })
  hub.scripted.set(`GET /api/v1/runs/${runId}`, () => run(request, true))
  hub.scripted.set(`GET /api/v1/runs/${runId}/log`, () => ({ items: [], lastSeq: 0 }))
}

/** @param answer what a person at the terminal types; undefined: nobody is there, null: they leave. */
function restore(args: readonly string[], answer?: string | null): Promise<Ended> {
  const ask = (question: string): Promise<string | null> => {
    questions.push(question)
    return Promise.resolve(answer ?? null)
  }
  return holdfastAt(answer === undefined ? null : ask, ['restore', 'latest', ...args])
}
const plain = { kind: 'restore', snapshotId, flat: false, paths: [] }

test('what is asked for goes to the hub, and what goes without saying is left out', async () => {
  expect((await restore(['--target', '/t', '--conflict', 'overwrite-different'])).status).toBe(0)
  const paths = ['/etc/hosts', '/home/ada', '--path', '/srv']
  const modes = ['--include', '*.pdf', '--include', '/home/**', '--conflict', 'rename', '--dry-run', '--with-deleted']
  expect((await restore([...paths, '--target', '/t', ...modes])).status).toBe(0)
  expect(orders).toEqual([
    { ...plain, target: { path: '/t' } },
    {
      ...plain,
      target: { path: '/t' },
      paths: [{ path: '/etc/hosts' }, { path: '/home/ada' }, { path: '/srv' }],
      include: ['*.pdf', '/home/**'],
      conflict: 'rename',
      dryRun: true,
      withDeleted: true,
    },
  ])
  expect(questions).toEqual([])
})

test.each([
  [[]],
  [['--original']],
  [['--target', '/']],
  [['--target', '//.']],
  [['--original', '--target', '/t']],
  [['--yes', '--flat']],
  [['--target', '/t', '--conflict', 'newest']],
  [['--target', '/t', '--include', '']],
  [['--target', '/t', '--include', '*.pdf', '--include', '//']],
  [['--target', '/t', '--include', '{a,b}'.repeat(10)]],
  [['--target', '/t', ...Array.from({ length: 1001 }, (_, n) => [`--include`, `*.${n}`]).flat()]],
])('%j with nobody at the terminal is told with status 2, and nothing is asked of the hub', async (args) => {
  const { status, out } = await restore([...args, '--json'])
  expect(status).toBe(2)
  expect(JSON.parse(out)).toMatchObject({ error: { code: 'command.invalid' } })
  expect(orders).toEqual([])
})

test('to the original place a person is asked first, and told what is lost; only yes goes on', async () => {
  for (const answer of ['', 'n', 'yesterday', null]) {
    const { status, err } = await restore(['--original'], answer)
    expect([status, err.split('\n')[0]]).toEqual([130, 'Error: Nothing was restored.'])
  }
  expect(orders).toEqual([])
  expect(questions[0]).toContain('of box:\n  /etc\n  /home/ada\nFiles and symlinks there that differ from the snapshot are replaced')
  expect((await restore(['/etc', '--include', '*.conf', '--conflict', 'rename'], 'y')).status).toBe(0)
  expect(questions.at(-1)).toContain(
    '\n  /etc\nOf that only what matches *.conf\nFiles there that differ from the snapshot are kept beside it',
  )
  expect(orders).toEqual([{ ...plain, target: null, paths: [{ path: '/etc' }], include: ['*.conf'], conflict: 'rename' }])
})

test('nobody is asked with --yes, and for a dry run', async () => {
  expect((await restore(['--yes'])).status).toBe(0)
  expect((await restore(['--original', '--dry-run'])).status).toBe(0)
  expect(orders).toEqual([
    { ...plain, target: null },
    { ...plain, target: null, dryRun: true },
  ])
})

test('the original place by another name is asked for all the same, and ordered as what it is', async () => {
  expect((await restore(['--target', '/'], 'n')).status).toBe(130)
  expect((await restore(['--flat', '--target', '/home/./ada/'], 'n')).status).toBe(130)
  // A source that is a file goes into the target by its name: over the file that it was read from.
  expect((await restore(['--flat', '--target', '/home'], 'n')).status).toBe(130)
  expect((await restore(['--flat', '--target', '/'], 'n')).status).toBe(130)
  expect(orders).toEqual([])
  expect(questions).toHaveLength(4)
  expect((await restore(['--flat', '--target', '/home/ada'])).status).toBe(2)
  expect((await restore(['--flat', '--target', '/home'])).status).toBe(2)
  expect((await restore(['--target', '/', '--yes'])).status).toBe(0)
  expect((await restore(['--flat', '--target', '/t'])).status).toBe(0)
  expect((await restore(['--flat', '--target', '/home/ada', '--dry-run'])).status).toBe(0)
  expect(orders).toEqual([
    { ...plain, target: null },
    { ...plain, target: { path: '/t' }, flat: true },
    { ...plain, target: { path: '/home/ada' }, flat: true, dryRun: true },
  ])
})

test('the document of a restore has the same fields always, and that of a dry run its plan', async () => {
  const figures = {
    status: 'succeeded',
    runId,
    snapshotId,
    dryRun: false,
    filesRequested: 5,
    filesWritten: 4,
    filesUnchanged: 0,
    filesSkipped: 1,
    bytesWritten: 77,
    entriesReplaced: 0,
    entriesRenamed: 0,
    warnings: [],
    durationMs: 3000,
  }
  expect(JSON.parse((await restore(['--target', '/t', '--json'])).out)).toEqual(figures)
  const plan = [
    { path: '/etc/a\u001b[2J', action: 'create' as const },
    { path: '/etc/b', action: 'overwrite' as const },
    { path: '/etc/c', action: 'rename' as const },
  ]
  script({ ...result, dryRun: true, filesUnchanged: 1, entriesReplaced: 2, entriesRenamed: 0, bytesFree: 2048, plan })
  expect(JSON.parse((await restore(['--target', '/t', '--dry-run', '--json'])).out)).toEqual({
    ...figures,
    dryRun: true,
    filesUnchanged: 1,
    entriesReplaced: 2,
    bytesFree: 2048,
    plan,
  })
  const { out } = await restore(['--target', '/t', '--dry-run'])
  expect(out).toContain(
    'would write /etc/a\\x1b[2J\nwould replace /etc/b\nwould write, and keep under another name what is there: /etc/c\nDry run of a restore succeeded after 3.0 s\n',
  )
  expect(out).toContain('3 would be written of 5 asked for, 1 there already, 1 skipped')
})
