import type { Purge, PurgeOrder, SnapshotId } from '@holdfast/shared-types'
import { createBlobHasher } from '@holdfast/engine/blob-id'
import { toHex } from '@holdfast/engine/bytes'
import { blobTypes } from '@holdfast/engine/format'
import { checkPack } from '@holdfast/engine/vault'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  expectRestored,
  expectSound,
  packKeys,
  piece,
  snapshotKeys,
  treeOf,
} from '../testing/collection-world.ts'
import type { TestAgent } from '../testing/test-agent.ts'
import { VaultsUnderTest } from '../testing/vaults-under-test.ts'

let world: VaultsUnderTest
let agent: TestAgent

beforeEach(async () => {
  world = await VaultsUnderTest.open()
  agent = await world.enrol()
})
afterEach(() => world.close())

const ada = { kind: 'user', name: 'Ada' }
async function call<T>(name: 'startPurge' | 'previewPurge' | 'listPurges' | 'getPurge', request: object): Promise<T> {
  const { vaultId } = await world.vaults.defaultVault()
  const handler = world.vaults.feature.routes?.[name] as (request: object) => Promise<T>
  return handler({ actor: ada, em: world.database.em(), ctx: { signal: new AbortController().signal }, params: { vaultId }, ...request })
}
const selection = (changes: Partial<PurgeOrder> = {}): PurgeOrder => ({ agentIds: null, paths: [], patterns: [], keepsUndo: false, ...changes })
const of = async (id: string): Promise<Purge> => {
  const { vaultId } = await world.vaults.defaultVault()
  return call('getPurge', { params: { vaultId, purgeId: id } })
}
/** Until nothing works behind any more. */
async function purge(changes: Partial<PurgeOrder>): Promise<Purge> {
  const { id } = await call<Purge>('startPurge', { body: selection(changes) })
  await world.vaults.rewriting.settled()
  return of(id)
}
const kept = async (): Promise<SnapshotId[]> =>
  (await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })).map(({ id }) => id)
/** How many of these contents lie in any pack of the store, by what the footers say. */
async function storedOf(...contents: readonly Uint8Array[]): Promise<number> {
  const session = await agent.open()
  const hasher = createBlobHasher(session.keys.idKey)
  const stored = new Set<string>()
  for (const key of await packKeys(world))
    for (const { blobIds } of checkPack(await world.store.get(key)).segments) for (const id of blobIds) stored.add(toHex(id))
  await agent.endRun(session.runId)
  return contents.filter((content) => stored.has(toHex(hasher.idOf(blobTypes.data, content)))).length
}
/** Too large for a tree page, small enough for a bundle. */
const small = (text: string): Buffer => Buffer.from(text.padEnd(300, text))

test('a path leaves all snapshots: what is left is restored, what has left is nowhere, and bundles are sealed anew', async () => {
  const files = { 'secret.txt': small('s3cret'), 'notes.txt': small('notes'), 'big.bin': piece(), 'secret.bin': piece() }
  await agent.backUp(treeOf(files))
  const { 'secret.txt': _, 'secret.bin': __, ...stays } = files
  await agent.backUp(treeOf({ ...files, 'more.txt': small('more') }))
  expect(await storedOf(files['secret.txt'], files['secret.bin'])).toBe(2)
  const done = await purge({ paths: [{ path: '/home/secret.txt' }, { path: '/home/secret.bin' }] })
  expect(done).toMatchObject({ state: 'done', snapshotsRewritten: 2, entries: 4, waitingFor: null, error: null })
  const [first, second] = await kept()
  await expectRestored(agent, first!, stays)
  await expectRestored(agent, second!, { ...stays, 'more.txt': small('more') })
  expect((await snapshotKeys(world)).length).toBe(2)
  expect(await storedOf(files['secret.txt'], files['secret.bin'])).toBe(0)
  await expectSound(world)
  await world.start()
  await expectSound(world)
  expect(await kept()).toEqual([first, second])
})
