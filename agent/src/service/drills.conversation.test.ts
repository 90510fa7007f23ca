import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DrillSample, VerifyResult } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aBackupOf, endOf, makeTree, snapshotOf } from '../../test/a-run.ts'
import { startLinkedDevice, stopLinkedDevice } from '../../test/a-linked-device.ts'
import type { TestFolder } from '../../test/an-agent.ts'
import type { FakeHub, Report } from '../../test/fake-hub.ts'
import type { AgentService } from './agent-service.ts'

process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'holdfast-test-compile-cache')

let hub: FakeHub
let folder: TestFolder
let service: AgentService
let sources: string

beforeEach(async () => {
  ;({ hub, folder, service, sources } = await startLinkedDevice())
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

test('a drill of nothing proves nothing wrong, and clears away what a killed one left', async () => {
  mkdirSync(join(sources, 'empty'), { recursive: true })
  const left = join(folder.path, 'state', 'drill-left')
  mkdirSync(left)
  writeFileSync(join(left, 'x'), 'x')
  expect(await drill(await backUp())).toMatchObject({ outcome: 'succeeded', result: { files: 0 } })
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
