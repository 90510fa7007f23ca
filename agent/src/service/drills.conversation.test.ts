import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { DrillSample, VerifyResult } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { aBackupOf, endOf, makeTree, snapshotOf } from '../../test/a-run.ts'
import { startLinkedDevice, stopLinkedDevice } from '../../test/a-linked-device.ts'
import { aService, type TestAgent, type TestFolder } from '../../test/an-agent.ts'
import type { FakeHub, Report } from '../../test/fake-hub.ts'
import type { AgentService } from './agent-service.ts'

process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'holdfast-test-compile-cache')

let hub: FakeHub
let folder: TestFolder
let device: TestAgent
let service: AgentService
let sources: string

beforeEach(async () => {
  ;({ hub, folder, device, service, sources } = await startLinkedDevice())
})
afterEach(() => stopLinkedDevice({ hub, folder, service }))

const backUp = async (): Promise<Report> => endOf(hub, await hub.begin(aBackupOf(hub, sources)))
async function drill(report: Report, sample: Partial<DrillSample> = {}): Promise<Report['body']> {
  const request = { kind: 'verify', snapshotId: snapshotOf(report), sample: { files: 20, seed: '0123456789abcdef', ...sample } } as const
  return (await endOf(hub, await hub.begin(request))).body
}
const scratch = (): string[] => readdirSync(join(folder.path, 'state')).filter((name) => name.startsWith('drill-'))

test('a drill restores a sample and a whole folder, compares both with snapshot and device, and leaves nothing', async () => {
  makeTree(sources)
  const report = await backUp()
  const first = await drill(report)
  expect(first).toMatchObject({ outcome: 'succeeded', result: { kind: 'verify', problems: 0, drill: { different: 0 } } })
  const { files, bytes, drill: told } = first['result'] as VerifyResult
  expect(files).toBeGreaterThanOrEqual(20)
  expect(told).toMatchObject({ compared: files })
  expect(bytes).toBeGreaterThan(0)
  expect(scratch()).toEqual([])
  // All of them, where there are no more than asked for.
  expect(await drill(report, { files: 1000 })).toMatchObject({ outcome: 'succeeded', result: { files: 302 } })
})

test('a drill finds what cannot be restored, and a file that changed behind its times', async () => {
  makeTree(sources)
  const path = join(sources, 'a/file-7')
  const write = (bytes: Uint8Array): void => {
    writeFileSync(path, bytes)
    utimesSync(path, 1_700_000_000, 1_700_000_000)
  }
  const bytes = readFileSync(path)
  write(bytes)
  const report = await backUp()
  write(bytes.map((byte) => byte ^ 1))
  const sample = { files: 1000 }
  expect(await drill(report, sample)).toMatchObject({
    outcome: 'warning',
    warnings: [{ path, code: 'source.differs' }],
    result: { problems: 0, drill: { different: 1 } },
  })
  hub.vault.loseSegments(200_000)
  const after = await drill(report, sample)
  expect(after).toMatchObject({ outcome: 'failed', error: { code: 'vault.corrupt' } })
  expect((after['result'] as { problems: number }).problems).toBeGreaterThan(0)
  expect(scratch()).toEqual([])
})

test('a drill of nothing proves nothing wrong', async () => {
  mkdirSync(join(sources, 'empty'), { recursive: true })
  expect(await drill(await backUp())).toMatchObject({ outcome: 'succeeded', result: { files: 0 } })
  expect(scratch()).toEqual([])
})

test('what a drill restored goes with it also where its thread is ended hard, or its agent was', async () => {
  makeTree(sources)
  const report = await backUp()
  await hub.until(() => service.desk.isIdle, 'an idle desk')
  const sample = { files: 1000, seed: '0123456789abcdef' }
  using messages = vi.spyOn(Worker.prototype, 'postMessage')
  const runId = await hub.begin({ kind: 'verify', snapshotId: snapshotOf(report), sample })
  await hub.command('run.pause', { runId, fence: 1, isPaused: true })
  await expect.poll(scratch).toHaveLength(1)
  await (messages.mock.contexts[0] as Worker).terminate()
  expect((await endOf(hub, runId)).body).toMatchObject({ outcome: 'failed', error: { code: 'internal' } })
  await expect.poll(scratch).toEqual([])

  await service.close()
  // In a container an agent has the number of the one before it.
  const left = join(folder.path, 'state', `drill-${process.pid}-left`)
  mkdirSync(left)
  writeFileSync(join(left, 'x'), 'x')
  service = await aService(device)
  expect(scratch()).toEqual([])
})

test('a backup reads unchanged files again that the vault has lost pieces of, and no others', async () => {
  makeTree(sources)
  const first = await backUp()
  hub.usableBaseSnapshots = [snapshotOf(first)]
  // What was written this moment is read again whatever is said.
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const settled = await backUp()
  hub.usableBaseSnapshots = [snapshotOf(settled)]
  hub.readAgain = [{ path: join(sources, 'a/file-7') }, { path: join(sources, 'a/gone') }, { path: join(sources, 'a/b/large') }]
  expect((await backUp()).body).toMatchObject({
    outcome: 'succeeded',
    result: { backupKind: 'incremental', filesRead: 2, filesUnchanged: 302 },
  })
})
