import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { runForJson } from '../stack/command-line.ts'
import type { BackupDocument, EntryDocument, FailureDocument, RestoreDocument, SnapshotDocument } from '../stack/json-documents.ts'
import { makeNastyTree } from '../stack/nasty-tree.ts'
import { holdfastBin } from '../stack/project.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'
import { findTreeDifferences } from '../stack/tree-differences.ts'

/* The hub is gone, with its database, its secret and the device's own keys. What is left is the vault's folder and a key file. */

interface VaultKeyDocument {
  readonly vaultId: string
  readonly file: string
}

let stack: Stack
let source: string
let keyFile: string
let vault: string
let backup: BackupDocument
test.beforeAll(async () => {
  stack = await startStack()
  source = join(stack.folder, 'source')
  keyFile = join(stack.folder, 'key.json')
  makeNastyTree(source)
})
test.afterAll(() => stack.stop())

test.describe.configure({ mode: 'serial' })

/** `holdfast vault open …` on a machine that was never enrolled. */
const rescue = <T>(args: readonly string[], expectedExitCode = 0): Promise<T> =>
  runForJson(
    holdfastBin,
    ['vault', 'open', vault, '--key-file', keyFile, ...args, '--json'],
    { HOLDFAST_AGENT_HOME: join(stack.folder, 'no-such-home'), HOLDFAST_DATA: join(stack.folder, 'no-such-data') },
    expectedExitCode,
  )

test('while the hub runs, its recovery key goes into a file, and the vault opens beside it', async () => {
  backup = await stack.holdfast<BackupDocument>(['backup', source])
  const key = await stack.holdfastHub<VaultKeyDocument>(['vault-key', 'export', '--file', keyFile])
  vault = join(stack.folder, 'data/store', key.vaultId)
  expect(statSync(keyFile).mode & 0o777).toBe(0o600)
  expect(JSON.parse(readFileSync(keyFile, 'utf8'))).toMatchObject({ format: 'holdfast-key-1', vaultId: key.vaultId })

  const told = await stack.holdfast<SnapshotDocument[]>(['snapshots'])
  const found = await rescue<SnapshotDocument[]>(['snapshots'])
  // A device's name is a thing of the hub; the vault knows what the host calls itself.
  expect(found.map((snapshot) => ({ ...snapshot, host: 'journey' }))).toEqual(told)
  for (const folder of ['names', 'modes', 'links'])
    expect(await rescue<EntryDocument[]>(['ls', 'latest', join(source, folder)])).toEqual(
      await stack.holdfast<EntryDocument[]>(['ls', 'latest', join(source, folder)]),
    )
})

test('when the hub is killed and its database, secret and device are gone, the vault is whole', async () => {
  await stack.agent().kill()
  await stack.hub().kill()
  // Its Postgres ends by itself when nobody watches over it any more.
  for (const name of readdirSync(join(stack.folder, 'data')).filter((one) => one !== 'store'))
    rmSync(join(stack.folder, 'data', name), { recursive: true, force: true, maxRetries: 20 })
  expect(readdirSync(join(stack.folder, 'data'))).toEqual(['store'])
  expect(await rescue(['verify'])).toMatchObject({ status: 'succeeded', snapshotId: backup.snapshotId, files: backup.files, problems: 0 })
})

test('every byte, mode, time, link, hole and attribute comes back', async () => {
  const target = join(stack.folder, 'restored')
  mkdirSync(target)
  const restore = await rescue<RestoreDocument>(['restore', 'latest', '--target', target])
  expect(restore).toMatchObject({ status: 'succeeded', filesSkipped: 0, warnings: [], filesWritten: backup.files })
  expect(await findTreeDifferences(source, join(target, source))).toBe('')
  expect(statSync(join(target, source, 'contents/only-a-hole')).blocks * 512).toBeLessThan(2 ** 20)
})

test('a byte that was changed is named with its file, and all others come back', async () => {
  const packs = readdirSync(join(vault, 'p'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = packs.map(({ parentPath, name }) => join(parentPath, name))
  // The largest holds contents; its first segment begins behind a header of 64 bytes.
  const [largest = ''] = paths.sort((left, right) => statSync(right).size - statSync(left).size)
  const bytes = readFileSync(largest)
  bytes[64 + 100]! ^= 1
  writeFileSync(largest, bytes)

  const verified = await rescue<RestoreDocument>(['verify'], 20)
  expect(verified).toMatchObject({ status: 'failed', error: { code: 'vault.corrupt' } })
  const named = verified.warnings.map(({ path }) => path)
  expect(named.length).toBeGreaterThan(0)
  const target = join(stack.folder, 'damaged')
  mkdirSync(target)
  const restore = await rescue<RestoreDocument>(['restore', 'latest', '--target', target], 3)
  expect(restore.filesWritten).toBeLessThan(restore.filesRequested)
  expect(restore.warnings.map(({ path }) => path)).toEqual(expect.arrayContaining(named))
  // As many as did not come back, of which a name that is no text may be told twice alike.
  const told = restore.warnings.filter(({ path }) => path.startsWith(source))
  expect(told.length).toBeGreaterThanOrEqual(restore.filesRequested - restore.filesWritten)
})

test('words of another vault are told apart from damage', async () => {
  const key = JSON.parse(readFileSync(keyFile, 'utf8')) as { words: string[] }
  writeFileSync(keyFile, JSON.stringify({ ...key, words: key.words.toReversed() }))
  expect((await rescue<FailureDocument>(['snapshots'], 12)).error).toMatchObject({ code: 'vault.wrong-key' })
})
