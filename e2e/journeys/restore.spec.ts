import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@playwright/test'
import type { BackupDocument, EntryDocument, FailureDocument, RestoreDocument, SnapshotDocument } from '../stack/json-documents.ts'
import { makeNastyTree } from '../stack/nasty-tree.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'
import { findTreeDifferences } from '../stack/tree-differences.ts'

/** A file of the nasty tree. */
const damaged = 'names/ leading and trailing '

let stack: Stack
let source: string
test.beforeAll(async () => {
  stack = await startStack()
  source = join(stack.folder, 'source')
  makeNastyTree(source)
  // A file changed less than 2 s before it was read is read again next time (a write in the same tick could hide behind its times).
  await sleep(2_100)
})
test.afterAll(() => stack.stop())

test.describe.configure({ mode: 'serial' })

test('a backup by command line keeps a nasty tree', async () => {
  const backup = await stack.holdfast<BackupDocument>(['backup', source])
  expect(backup).toMatchObject({ status: 'succeeded', kind: 'full', warnings: [] })
  // One file has four names and one has two; each is read once.
  expect(backup.filesRead).toBe(backup.files - 4)

  const snapshots = await stack.holdfast<SnapshotDocument[]>(['snapshots'])
  expect(snapshots).toHaveLength(1)
  expect(snapshots[0]).toMatchObject({ id: backup.snapshotId, status: 'complete', plan: null, files: backup.files, bytes: backup.bytes })
})

test('its folders are listed with every name, also those that are no UTF-8', async () => {
  const listed = async (folder: string): Promise<EntryDocument[]> => stack.holdfast<EntryDocument[]>(['ls', 'latest', join(source, folder)])
  const names = await listed('names')
  const modes = await listed('modes')
  const named = (entries: EntryDocument[], path: string): EntryDocument | undefined =>
    entries.find((entry) => entry.path === join(source, path))
  expect(named(names, 'names/new\nline')).toMatchObject({ type: 'file', size: 8 })
  expect(named(modes, 'modes/last-of-1969')).toMatchObject({ mtimeNs: '-1' })
  expect(named(modes, 'modes/file-4755')).toMatchObject({ mode: 0o4755 })
  const raw = Buffer.from('latin1-\xe9\xff', 'latin1')
  const found = names.find(({ pathBase64 = '' }) => Buffer.from(pathBase64, 'base64').subarray(-raw.length).equals(raw))
  expect(found).toMatchObject({ type: 'file', size: raw.length })
})

test('a restore puts every byte, mode, time and link back', async () => {
  const target = join(stack.folder, 'restored')
  mkdirSync(target)
  const restore = await stack.holdfast<RestoreDocument>(['restore', 'latest', '--target', target])
  expect(restore).toMatchObject({ status: 'succeeded', filesSkipped: 0, warnings: [] })
  expect(restore.filesWritten).toBe(restore.filesRequested)
  expect(await findTreeDifferences(source, join(target, source))).toBe('')
  // Holes stay holes: 50 MB of nothing.
  expect(statSync(join(target, source, 'contents/only-a-hole')).blocks * 512).toBeLessThan(2 ** 20)
})

test('a flat restore puts the contents straight into the target', async () => {
  const target = join(stack.folder, 'flat')
  mkdirSync(target)
  await stack.holdfast<RestoreDocument>(['restore', 'latest', '--target', target, '--flat'])
  // The target is a folder of its own; what is in it is the source's.
  expect((await findTreeDifferences(source, target)).split('\n').filter((line) => line !== '' && !line.endsWith(' ./'))).toEqual([])
})

test('a second backup reads nothing and stores no content', async () => {
  const first = await stack.holdfast<SnapshotDocument[]>(['snapshots'])
  const backup = await stack.holdfast<BackupDocument>(['backup', source])
  expect(backup).toMatchObject({ status: 'succeeded', kind: 'incremental', filesRead: 0, bytesRead: 0 })
  // The folders above the source have new times since the first backup; their listings are all there is to store.
  expect(backup.bytesStored).toBeLessThan(2_000)
  expect(await stack.holdfast<SnapshotDocument[]>(['snapshots'])).toHaveLength(first.length + 1)
})

test('a changed file is the only one read again', async () => {
  writeFileSync(join(source, damaged), 'something else')
  const backup = await stack.holdfast<BackupDocument>(['backup', source])
  expect(backup).toMatchObject({ kind: 'incremental', filesRead: 1 })
  expect(backup.bytesStored).toBeGreaterThan(0)
})

test('what was damaged comes back to where it was, after a look without writing', async () => {
  const copy = join(stack.folder, 'copy')
  execFileSync('cp', ['-a', source, copy])
  writeFileSync(join(source, damaged), 'damaged')
  rmSync(join(source, 'contents/size-5120000'))
  const { files } = (await stack.holdfast<SnapshotDocument[]>(['snapshots'])).at(-1)!
  const counts = { status: 'succeeded', filesRequested: files, filesWritten: files, filesUnchanged: files - 2, entriesReplaced: 1 }
  const foretold = await stack.holdfast<RestoreDocument>(['restore', 'latest', '--original', '--dry-run'])
  expect(foretold).toMatchObject({ ...counts, dryRun: true })
  expect(foretold.plan?.map(({ action }) => action)).toEqual(['create', 'overwrite'])
  expect(readFileSync(join(source, damaged), 'utf8')).toBe('damaged')

  // Nobody is at the terminal to be asked.
  const refused = await stack.holdfast<FailureDocument>(['restore', 'latest', '--original'], 2)
  expect(refused.error).toMatchObject({ code: 'command.invalid' })
  expect(await stack.holdfast<RestoreDocument>(['restore', 'latest', '--original', '--yes'])).toMatchObject({ ...counts, dryRun: false })
  expect(await findTreeDifferences(copy, source)).toBe('')
  rmSync(copy, { recursive: true })
})

test('a backup of all around the hub leaves out its vault and database, and what was excluded, and says so', async () => {
  const backup = await stack.holdfast<BackupDocument>(['backup', stack.folder, '--exclude', '/flat/', '--exclude', 'restored'])
  expect(backup).toMatchObject({ status: 'succeeded', leftOut: { entries: 2, cacheFolders: 0, mountPoints: 0, ownPlaces: 1 } })
  const entries = await stack.holdfast<EntryDocument[]>(['ls', 'latest', stack.folder])
  expect(entries.map(({ path }) => path)).toEqual([source])
})

test('the vault is clean', async () => {
  await stack.holdfastHub(['fsck'])
  await stack.holdfast(['verify', 'latest'])
})

test('what is not there is said with its code and exit status 4', async () => {
  const missing = await stack.holdfast<FailureDocument>(['ls', 'latest', join(source, 'no such file')], 4)
  expect(missing.error).toMatchObject({ code: 'snapshot.path-not-found' })
  const unknown = await stack.holdfast<FailureDocument>(['restore', '00000000', '--target', stack.folder], 4)
  expect(unknown.error).toMatchObject({ code: 'snapshot.not-found' })
})
