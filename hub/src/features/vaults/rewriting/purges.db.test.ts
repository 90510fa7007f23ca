import type { Purge, PurgeOrder, PurgePreview, SnapshotId } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dayMs, expectRestored, expectSound, piece, snapshotKeys, treeOf } from '../testing/collection-world.ts'
import { purgeOf, small, storedOf as storedIn } from '../testing/purge-world.ts'
import { createPrivate } from '../testing/private-world.ts'
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
  const { vaultId } = await world.vaults.placeFor(null)
  const handler = world.vaults.feature.routes?.[name] as (request: object) => Promise<T>
  return handler({ actor: ada, em: world.database.em(), ctx: { signal: new AbortController().signal }, params: { vaultId }, ...request })
}
const selection = (changes: Partial<PurgeOrder> = {}): PurgeOrder => ({
  agentIds: null,
  paths: [],
  patterns: [],
  keepsUndo: false,
  ...changes,
})
const of = async (id: string): Promise<Purge> => {
  const { vaultId } = await world.vaults.placeFor(null)
  return call('getPurge', { params: { vaultId, purgeId: id } })
}
/** Until nothing works behind any more. */
async function purge(changes: Partial<PurgeOrder>): Promise<Purge> {
  const { id } = await call<Purge>('startPurge', { body: selection(changes) })
  await world.vaults.rewriting.settled()
  return of(id)
}
/** What is done by itself every night. */
const night = (): Promise<unknown> => world.vaults.care(null, 'collection', null)
const kept = async (): Promise<SnapshotId[]> =>
  (await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })).map(({ id }) => id)
const storedOf = (...contents: readonly Uint8Array[]): Promise<number> => storedIn(world, agent, ...contents)

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

const secret = { 'secret.txt': small('s3cret') }
const other = { 'notes.txt': small('notes') }

test('patterns speak of each source as its top, and of chosen devices alone', async () => {
  await agent.backUp(treeOf({ ...secret, ...other }))
  const second = await world.enrol('other')
  const untouched = await second.backUp(treeOf({ ...secret, 'own.txt': small('own') }))
  const named = { vaultId: null, devices: ['other'], paths: [], patterns: ['secret.*'] }
  const preview = world.vaults.feature.adminCommands?.['purge.preview']
  expect(await preview?.run(named, world.database.em())).toMatchObject({ snapshots: 1, entries: 1 })
  expect(await purge({ agentIds: [agent.agentId], patterns: ['secret.*'] })).toMatchObject({
    state: 'done',
    snapshotsRewritten: 2,
    entries: 1,
  })
  const [first] = await kept()
  await expectRestored(agent, first!, other)
  // What the second one shares with the first is kept for it, in a bundle of its own: so it was written anew as well, with all that was in it.
  const [standing] = await world.vaults.snapshots.list(world.database.em(), { visibleTo: second.agentId })
  expect(standing).toMatchObject({ rewritten: { of: untouched, entriesDropped: 0 } })
  await expectRestored(second, standing!.id, { ...secret, 'own.txt': small('own') })
  expect(await storedOf(secret['secret.txt'])).toBe(1)
  await expectSound(world)
})

test('a preview tells what would leave, and changes nothing', async () => {
  const id = await agent.backUp(treeOf({ ...secret, ...other }))
  const seen = await call<PurgePreview>('previewPurge', { body: selection({ patterns: ['*.txt'] }) })
  expect(seen).toMatchObject({
    snapshots: 1,
    snapshotsAffected: 1,
    deletedAffected: 0,
    entries: 2,
    bytes: 600,
    samples: [{ path: '/home/notes.txt' }, { path: '/home/secret.txt' }],
    held: [],
    inUse: [],
    unreadable: [],
  })
  expect(await kept()).toEqual([id])
  expect(await call<{ items: Purge[] }>('listPurges', {})).toEqual({ items: [] })
})

test('where undoing is kept the content stays until that time is over, and goes with the next night', async () => {
  const id = await agent.backUp(treeOf({ ...secret, ...other }))
  const waiting = await purge({ paths: [{ path: '/home/secret.txt' }], keepsUndo: true })
  const undoUntilMs = expect.any(Number)
  expect(waiting).toMatchObject({ state: 'collecting', snapshotsRewritten: 1, waitingFor: { snapshots: 1, undoUntilMs } })
  await night()
  expect(await of(waiting.id)).toMatchObject({ state: 'collecting' })
  expect(await storedOf(secret['secret.txt'])).toBe(1)
  expect(await world.vaults.snapshots.find(world.database.em(), id)).toMatchObject({ state: 'deleted' })
  // The hub may end in between: what is to leave is withheld from new backups all the same.
  await world.start()
  await agent.backUp(treeOf({ ...secret, 'third.txt': small('third') }))
  world.nowMs += 15 * dayMs
  await night()
  await night()
  expect(await of(waiting.id)).toMatchObject({ state: 'done', waitingFor: null })
  // Backed up again since, and so there again, elsewhere.
  expect(await storedOf(secret['secret.txt'])).toBe(1)
  await expectSound(world)
})

test('what was written anew can be undone as long as it can: then the old one stands again, and the purge says so', async () => {
  const id = await agent.backUp(treeOf({ ...secret, ...other }))
  const waiting = await purge({ paths: [{ path: '/home/secret.txt' }], keepsUndo: true })
  const [anew] = await kept()
  const old = await world.vaults.snapshots.find(world.database.em(), id)
  expect(old?.keeping.deleted).toMatchObject({ replacedBy: anew })
  await world.vaults.deletion.undelete([id])
  expect(await kept()).toEqual([id])
  await expectRestored(agent, id, { ...secret, ...other })
  await night()
  expect(await of(waiting.id)).toMatchObject({ state: 'failed', error: { code: 'snapshot.rewriting-unsafe' } })
  expect(await kept()).toEqual([id])
  await expectSound(world)
})

test('held snapshots are refused, and nothing at all is changed', async () => {
  const free = await agent.backUp(treeOf({ ...secret, ...other }))
  const held = await agent.backUp(treeOf({ ...secret, 'x.txt': small('x') }))
  await world.vaults.deletion.hold(held, { by: 'Ada', reason: 'for the tax office' })
  expect(await purge({ paths: [{ path: '/home/secret.txt' }] })).toMatchObject({
    state: 'failed',
    snapshotsRewritten: 0,
    error: { code: 'snapshot.held' },
  })
  expect(await kept()).toEqual([free, held])
  await world.vaults.deletion.hold(held, null)
  expect(await purge({ paths: [{ path: '/home/secret.txt' }] })).toMatchObject({ state: 'done', snapshotsRewritten: 2 })
})

test('deleted snapshots lose it too: one that can be had back comes back without it', async () => {
  const gone = await agent.backUp(treeOf({ ...secret, ...other }))
  const stays = await agent.backUp(treeOf(other))
  await world.vaults.deletion.delete({ snapshotIds: [gone], by: 'Ada', isConfirmed: true, isFinal: false })
  expect(await purge({ paths: [{ path: '/home/secret.txt' }] })).toMatchObject({ state: 'done', snapshotsRewritten: 2 })
  const deleted = await world.vaults.snapshots.list(world.database.em(), { visibleTo: null, isDeleted: true })
  expect(deleted.map(({ rewritten }) => rewritten?.of)).toEqual([gone])
  await world.vaults.deletion.undelete(deleted.map(({ id }) => id))
  const all = await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })
  for (const { id, rewritten } of all) await expectRestored(agent, id, rewritten?.of === stays ? other : other)
  expect(await storedOf(secret['secret.txt'])).toBe(0)
})

test('a restore that reads the old snapshot reads it to its end; the content goes afterwards', async () => {
  const id = await agent.backUp(treeOf({ ...secret, ...other }))
  const { runId } = await agent.source(id)
  const { id: purgeId } = await call<Purge>('startPurge', { body: selection({ paths: [{ path: '/home/secret.txt' }] }) })
  while ((await of(purgeId)).state === 'rewriting') await new Promise((resolve) => setImmediate(resolve))
  await expectRestored(agent, id, { ...secret, ...other })
  expect(await storedOf(secret['secret.txt'])).toBe(1)
  await agent.endRun(runId)
  await world.vaults.rewriting.settled()
  await night()
  expect(await of(purgeId)).toMatchObject({ state: 'done' })
  expect(await storedOf(secret['secret.txt'])).toBe(0)
})

test('no backup builds on what was written anew, nor on what it stands for; one that was under way keeps what it was told of', async () => {
  const before = await agent.backUp(treeOf(other))
  const id = await agent.backUp(treeOf({ ...secret, ...other }))
  const underWay = await agent.open()
  expect(underWay.usableBaseSnapshots).toEqual([id, before])
  const prepared = await agent.prepare(underWay, treeOf({ ...secret, 'new.txt': small('new') }))
  const { id: purgeId } = await call<Purge>('startPurge', { body: selection({ paths: [{ path: '/home/secret.txt' }], keepsUndo: true }) })
  await world.vaults.rewriting.settled()
  const next = await agent.open()
  expect(next.usableBaseSnapshots).toEqual([before])
  await agent.endRun(next.runId)
  // It names the old bundle, which is not condemned yet: it is taken, and pointed elsewhere before that goes.
  const { snapshotId } = await agent.commit(underWay, prepared)
  world.nowMs += 15 * dayMs
  await night()
  await night()
  expect(await of(purgeId)).toMatchObject({ state: 'done' })
  const newest = (await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })).at(-1)
  expect(newest?.rewritten?.of ?? newest?.id).toBe(snapshotId)
  await expectRestored(agent, newest!.id, { ...secret, 'new.txt': small('new') })
  await expectSound(world)
})

test('a database that is lost, or older than the store, finds the newest version of each backup; the others can be had back', async () => {
  const id = await agent.backUp(treeOf({ ...secret, ...other }))
  await purge({ paths: [{ path: '/home/secret.txt' }], keepsUndo: true })
  const [anew] = await kept()
  await world.stop()
  const next = await world.withEmptyDatabase()
  try {
    const all = (isDeleted: boolean) => next.vaults.snapshots.list(next.database.em(), { visibleTo: null, isDeleted })
    expect(await all(false)).toMatchObject([{ id: anew, rewritten: { of: id, why: 'purge', entriesDropped: 1 } }])
    expect(await all(true)).toMatchObject([{ id, keeping: { deleted: { replacedBy: anew } } }])
    await expectSound(next)
  } finally {
    await next.closeDatabase()
  }
})

test('a purge stays purged after a loss of the database, though the clock was set back between two of them', async () => {
  const id = await agent.backUp(treeOf({ ...secret, ...other, 'more.txt': small('more') }))
  world.nowMs += 10 * dayMs
  await purge({ paths: [{ path: '/home/secret.txt' }], keepsUndo: true })
  world.nowMs -= 5 * dayMs
  await purge({ paths: [{ path: '/home/notes.txt' }], keepsUndo: true })
  const [anew] = await kept()
  await world.stop()
  const next = await world.withEmptyDatabase()
  try {
    const standing = await next.vaults.snapshots.list(next.database.em(), { visibleTo: null })
    expect(standing).toMatchObject([{ id: anew, rewritten: { of: id, entriesDropped: 2 } }])
  } finally {
    await next.closeDatabase()
  }
})

test('of two versions of the same moment the one with the larger id stands', async () => {
  await agent.backUp(treeOf({ ...secret, ...other, 'more.txt': small('more') }))
  for (const name of ['secret', 'notes', 'more']) await purge({ paths: [{ path: `/home/${name}.txt` }], keepsUndo: true })
  await world.database.em()
    .execute(`update snapshot set rewritten = jsonb_set(rewritten, '{atMs}', '1'), deleted_at = null, deleted_by = null,
    undo_until = null, replaced_by = null where rewritten is not null`)
  const [largest] = await world.database
    .em()
    .execute(`select encode(id, 'hex') as id from snapshot where rewritten is not null order by id desc limit 1`)
  await world.start()
  expect(await kept()).toEqual([largest?.id])
})

test('a snapshot that names another device\u2019s, or another backup, as what it was written anew of is no version of it', async () => {
  const first = await agent.backUp(treeOf(other))
  const next = await agent.backUp(treeOf(other))
  const foreign = await (await world.enrol('other')).backUp(treeOf(other))
  const said = { of: first, why: 'purge', atMs: 1, entriesDropped: 0, bytesDropped: 0 }
  await world.database
    .em()
    .execute(`update snapshot set rewritten = ? where encode(id, 'hex') in (?, ?)`, [JSON.stringify(said), next, foreign])
  await world.start()
  expect((await kept()).toSorted()).toEqual([first, next, foreign].toSorted())
})

test('paths that are none are refused, and so is the whole of a file system', async () => {
  for (const path of ['secret.txt', '/', '/home/../etc', '//'])
    await expect(call('startPurge', { body: selection({ paths: [{ path }] }) })).rejects.toMatchObject({ code: 'request.invalid' })
})

test('a private vault is not written anew by the hub', async () => {
  const { vaultId } = await createPrivate(world)
  const asked = { params: { vaultId }, body: selection({ paths: [{ path: '/x' }] }) }
  for (const name of ['startPurge', 'previewPurge'] as const)
    await expect(call(name, asked)).rejects.toMatchObject({ code: 'vault.rewriting-impossible' })
})

test.each([12, 25, 34])(
  'a hub that is killed at step %i of a purge leaves the old or the new, and goes on with the next start',
  async (step) => {
    const id = await agent.backUp(treeOf({ ...secret, ...other }))
    world.dieAfter(step)
    await purgeOf(world, { paths: [{ path: '/home/secret.txt' }] })
    expect(world.mortality.diedAt).not.toBeNull()
    await world.start()
    const [standing, ...more] = await world.vaults.snapshots.list(world.database.em(), { visibleTo: null })
    expect(more).toEqual([])
    expect(standing?.rewritten?.of ?? standing?.id).toBe(id)
    await expectRestored(agent, standing!.id, { ...(standing?.rewritten === null ? secret : {}), ...other })
    await world.vaults.rewriting.settled()
    await night()
    expect((await call<{ items: Purge[] }>('listPurges', {})).items).toMatchObject([{ state: 'done' }])
    expect(await storedOf(secret['secret.txt'])).toBe(0)
    await expectSound(world)
  },
)
