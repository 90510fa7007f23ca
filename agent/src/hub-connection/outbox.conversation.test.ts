import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { AppError, RunId, type ErrorCode } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { aFolder, aLink, anEnrolledAgent, silentLog, type TestFolder } from '../../test/an-agent.ts'
import { FakeHub } from '../../test/fake-hub.ts'
import type { LiveHubLink } from './hub-link.ts'
import { OutboxFile } from './outbox-file.ts'
import { Outbox, type FinishedReport } from './outbox.ts'
import { RunLog } from '../runs/run-log.ts'

// What is tried again is tried at once.
vi.mock(import('./reconnect-delay.ts'), async (original) => ({ ...(await original()), reconnectDelayMs: () => 1 }))

let hub: FakeHub
let folder: TestFolder
let link: LiveHubLink
let outbox: Outbox

beforeEach(async () => {
  hub = await FakeHub.start()
  folder = aFolder()
  link = aLink(await anEnrolledAgent(hub, folder.path))
  outbox = await Outbox.open(join(folder.path, 'reports.jsonl'), silentLog)
  outbox.attach(link)
  link.start()
  await link.whenConnected()
})
afterEach(async () => {
  await outbox.close()
  await link.close()
  await hub.close()
  folder.remove()
  expect(hub.violations).toEqual([])
})

const anEnd = (): FinishedReport => ({
  runId: RunId.parse(randomUUID()),
  fence: 1,
  outcome: 'succeeded',
  result: null,
  error: null,
  warnings: [],
  warningCount: 0,
})

/** The hub refuses ends of this run with these codes, one after the other, and takes them then. @returns how often it was told */
function refuse(type: 'run.finished' | 'run.log', runId: RunId, codes: readonly string[]): () => number {
  let told = 0
  hub.handlers.set(type, (body: { runId: RunId }) => {
    if (body.runId !== runId) return {}
    const code = codes[told]
    told += 1
    // A code of tomorrow is no code of this registry.
    if (code !== undefined) throw Object.assign(new AppError('internal'), { code })
    return {}
  })
  return () => told
}

test.each([
  ['the hub\u2019s disks are full', ['database.full', 'store.full', 'database.unavailable']],
  ['the hub says what only a newer agent knows', ['store.on-fire', 'store.on-fire']],
  ['the hub does not know the device well enough', ['access.denied']],
  ['of many outages one is the hub\u2019s mistake', [...Array<ErrorCode>(12).fill('hub.overloaded'), 'internal']],
])('an end is told until the hub has it: %s', async (_, codes) => {
  const end = anEnd()
  const told = refuse('run.finished', end.runId, codes)
  await outbox.add('run.finished', end)
  await hub.until(() => told() > codes.length, 'the end to be taken')
  await hub.until(() => outbox.unacknowledgedEnds.length === 0, 'it to be forgotten')
  expect(told()).toBe(codes.length + 1)
})

test.each(['run.fence-stale', 'run.not-found', 'run.already-finished', 'protocol.invalid-message'] as const)(
  'an end that the hub itself refuses with %s is told once',
  async (code) => {
    const end = anEnd()
    const told = refuse('run.finished', end.runId, [code])
    await outbox.add('run.finished', end)
    expect(await outbox.drained(10_000)).toBe(true)
    expect(told()).toBe(1)
  },
)

test('an end whose refusal is not understood keeps none that follows waiting, and what the hub always fails on is given up', async () => {
  const [strange, next] = [anEnd(), anEnd()]
  const told = refuse('run.finished', strange.runId, Array<string>(1_000).fill('store.on-fire'))
  await outbox.add('run.finished', strange)
  await hub.until(() => told() > 1, 'the refusals')
  await outbox.add('run.finished', next)
  await hub.until(() => !outbox.unacknowledgedEnds.some(({ runId }) => runId === next.runId), 'the next to be taken')
  expect(outbox.unacknowledgedEnds).toEqual([strange])
  const failed = refuse('run.finished', strange.runId, Array<string>(1_000).fill('internal'))
  await hub.until(() => outbox.unacknowledgedEnds.length === 0, 'it to be given up')
  expect(failed()).toBe(8)
})

const hostileLines = Array.from({ length: 100 }, (_, n) => ({
  n: n + 1,
  atMs: 1,
  level: 'warn' as const,
  event: 'warnings.bounded' as const,
  message: 'x',
  path: `/${'\u0001'.repeat(4_000)}`,
}))
const linesHeard = (): unknown[] => hub.reports('run.log').flatMap(({ body }) => body['lines'] as unknown[])

test('names that are larger on the link than on disk cut no link', async () => {
  const runLog = new RunLog({ runId: RunId.parse(randomUUID()), fence: 1 }, (report) => outbox.add('run.log', report))
  for (const line of hostileLines) runLog.add(line)
  await runLog.flush()
  expect(await outbox.drained(10_000)).toBe(true)
  expect([linesHeard(), hub.hellos.length]).toEqual([hostileLines, 1])
})

test('log lines too large for the link, as earlier versions left them on disk, are told in parts, and hold up nothing', async () => {
  const path = join(folder.path, 'left.jsonl')
  const end = anEnd()
  const { file } = await OutboxFile.open(path)
  const body = { runId: end.runId, fence: 1, lines: hostileLines }
  await file.put({ v: 1, id: randomUUID(), type: 'run.log', sentAtMs: 1, body })
  await file.put({ v: 1, id: randomUUID(), type: 'run.finished', sentAtMs: 2, body: end })
  await file.close()
  for (let opened = 0; opened < 2; opened += 1) {
    await outbox.close()
    outbox = await Outbox.open(path, silentLog)
  }
  const left = await OutboxFile.open(path)
  await left.file.close()
  expect(left.reports.map(({ type }) => type)).toEqual([...Array<string>(4).fill('run.log'), 'run.finished'])
  outbox.attach(link)
  expect(await outbox.drained(10_000)).toBe(true)
  expect([linesHeard(), hub.reports('run.finished').length, hub.hellos.length]).toEqual([hostileLines, 1, 1])
})
