import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError, type BackupResult, type RestoreRequest, type RunRequest } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startLinkedDevice, stopLinkedDevice } from '../../test/a-linked-device.ts'
import { aBackupOf, endOf, snapshotOf } from '../../test/a-run.ts'
import type { TestAgent, TestFolder } from '../../test/an-agent.ts'
import type { FakeHub, Report } from '../../test/fake-hub.ts'
import type { AgentService } from '../service/agent-service.ts'

// Each run starts threads of its own: without a cache every one of them strips the engine's types anew.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'holdfast-test-compile-cache')

let hub: FakeHub
let folder: TestFolder
let device: TestAgent
let service: AgentService
let sources: string

beforeEach(async () => {
  ;({ hub, folder, device, service, sources } = await startLinkedDevice())
  mkdirSync(join(sources, 'gone/deep'), { recursive: true })
  for (const name of ['stays', 'goes', 'gone/a', 'gone/deep/b']) writeFileSync(join(sources, name), name.repeat(100))
})
afterEach(() => stopLinkedDevice({ hub, folder, service }))

/** A backup that keeps deleted files, from the one before. */
async function backUp(last: Report | null, { full = false } = {}): Promise<Report> {
  hub.keepBase = last === null ? null : { snapshotId: snapshotOf(last), isNewest: true }
  hub.usableBaseSnapshots = last === null ? [] : [snapshotOf(last)]
  return endOf(hub, await hub.begin({ ...aBackupOf(hub, sources, full), deletedFiles: 'keep' } as RunRequest))
}
const deletedOf = ({ body }: Report): BackupResult['deleted'] => (body['result'] as BackupResult).deleted
const readOf = (what: string): number =>
  hub
    .reports('run.log')
    .flatMap(({ body }) => body['lines'] as { event: string }[])
    .filter(({ event }) => event === what).length

async function restored(of: Report, over: Partial<RestoreRequest> = {}): Promise<string[]> {
  const target = join(folder.path, 'target')
  const order: RestoreRequest = { kind: 'restore', snapshotId: snapshotOf(of), target: { path: target }, flat: true, paths: [], ...over }
  expect((await endOf(hub, await hub.begin(order))).body).toMatchObject({ outcome: 'succeeded' })
  const found = readdirSync(target, { recursive: true }).map(String).toSorted()
  rmSync(target, { recursive: true })
  return found
}

test('what is deleted is kept by the agent from backup to backup, with its catalogue and without, and comes back when asked for', async () => {
  const first = await backUp(null)
  expect(first.body).toMatchObject({ outcome: 'succeeded', result: { files: 4, deleted: { files: 0, lost: 0 } } })
  rmSync(join(sources, 'goes'))
  const second = await backUp(first)
  rmSync(join(sources, 'gone'), { recursive: true })
  const third = await backUp(second)
  expect(third.body).toMatchObject({
    outcome: 'succeeded',
    result: { files: 1, bytes: 500, deleted: { files: 3, folders: 2, filesNewlyDeleted: 2 } },
  })
  expect(readOf('backup.base-read')).toBe(2)
  // Nothing is deleted: nothing is asked for.
  const fourth = await backUp(third)
  expect(readOf('backup.base-read')).toBe(2)
  for (const name of readdirSync(device.folders.catalogueFolder)) rmSync(join(device.folders.catalogueFolder, name))
  const fifth = await backUp(fourth)
  const sixth = await backUp(fifth, { full: true })
  for (const later of [fourth, fifth, sixth]) expect(deletedOf(later)).toEqual({ ...deletedOf(third), filesNewlyDeleted: 0 })

  expect(await restored(sixth)).toEqual(['stays'])
  expect(await restored(sixth, { withDeleted: true })).toEqual(['goes', 'gone', 'gone/a', 'gone/deep', 'gone/deep/b', 'stays'])
  expect(await restored(sixth, { paths: [{ path: join(sources, 'gone/deep') }] })).toEqual(['gone', 'gone/deep', 'gone/deep/b'])
  const verified = await endOf(hub, await hub.begin({ kind: 'verify', snapshotId: snapshotOf(sixth) }))
  expect(verified.body).toMatchObject({ outcome: 'succeeded', result: { files: 1, bytes: 500, problems: 0 } })
})

test('what cannot be kept is told by its name, and the backup is made', async () => {
  const first = await backUp(null)
  rmSync(join(sources, 'goes'))
  writeFileSync(join(sources, 'passing'), '')
  hub.onHttp = (_method, path) => {
    if (!path.endsWith('/snapshot-object')) return
    // The names of the folder were read before; this one's turn comes later.
    rmSync(join(sources, 'passing'))
    throw new AppError('vault.corrupt')
  }
  const second = await backUp(first)
  expect(second.body).toMatchObject({
    outcome: 'warning',
    warnings: [{ path: join(sources, 'goes'), code: 'vault.corrupt' }],
    result: { files: 3, deleted: { files: 0, lost: 1 } },
  })
  expect(readOf('backup.vanished')).toBe(1)
  hub.onHttp = () => undefined
  hub.keepBase = { snapshotId: snapshotOf(first), isNewest: false }
  const third = await endOf(hub, await hub.begin({ ...aBackupOf(hub, sources), deletedFiles: 'keep' } as RunRequest))
  expect(third.body).toMatchObject({
    outcome: 'warning',
    warnings: [{ path: '', code: 'vault.corrupt' }],
    result: { deleted: { files: 1 } },
  })
})

test('a backup that keeps nothing asks for no base and says nothing of deleted files', async () => {
  const first = await backUp(null)
  rmSync(join(sources, 'goes'))
  hub.keepBase = undefined
  const second = await endOf(hub, await hub.begin(aBackupOf(hub, sources)))
  expect(second.body).toMatchObject({ outcome: 'succeeded', result: { files: 3 } })
  expect(deletedOf(second)).toBeUndefined()
  expect(existsSync(join(sources, 'goes'))).toBe(false)
  expect(first.body).toMatchObject({ outcome: 'succeeded' })
})
