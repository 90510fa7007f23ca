import { HubId } from '@holdfast/shared-types'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { openDatabase, type Database } from '../../platform/database/database.ts'
import { createTestDatabase, type TestDatabase } from '../../platform/database/testing/test-database.ts'
import { silentLogger } from '../../platform/logging/logger.ts'
import { entities } from '../../wiring/entities.ts'
import type { SelfBackupShelf, StoredSelfBackup } from '../vaults/index.ts'
import { SelfBackups } from './self-backups.ts'

const minuteMs = 60_000
const dayMs = 86_400_000

/** What lies in the vault. */
class Shelf implements SelfBackupShelf {
  items: StoredSelfBackup[] = []
  isBroken = false
  tries = 0
  onPiece: () => Promise<void> = () => Promise.resolve()

  async write({ createdAtMs, pieces }: Parameters<SelfBackupShelf['write']>[0]): Promise<StoredSelfBackup> {
    this.tries++
    let sizeBytes = 0
    for await (const piece of pieces) {
      sizeBytes += piece.length
      await this.onPiece()
    }
    if (this.isBroken) throw new Error('no space')
    const made = { id: String(this.tries).padStart(32, '0'), createdAtMs, parts: 1, sizeBytes, isWhole: true, isReadable: true }
    this.items.push(made)
    return made
  }

  list(): Promise<StoredSelfBackup[]> {
    return Promise.resolve([...this.items])
  }

  async *read(): AsyncGenerator<Uint8Array> {
    // Nobody reads here.
  }

  remove(which: StoredSelfBackup): Promise<void> {
    this.items = this.items.filter((item) => item !== which)
    return Promise.resolve()
  }
}

let testDatabase: TestDatabase
let database: Database
let shelf: Shelf
let backups: SelfBackups
let nowMs: number

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = await openDatabase({ connection: testDatabase.connection, entities, migrations, log: silentLogger })
})
afterAll(async () => {
  await database.close()
  await testDatabase.drop()
})
beforeEach(async () => {
  // The clocks of the schedule; the database's own go on.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  nowMs = Date.UTC(2026, 10, 21)
  shelf = new Shelf()
  const hubId = HubId.parse('0199d9f0-7d1c-7e0a-8c62-6a3c1f0d2b11')
  backups = new SelfBackups({ database, shelf, hubId, hubVersion: '1.2.3', now: () => nowMs, log: silentLogger })
  await database.transaction(async (em) => {
    await em.execute(`select set_config('holdfast.audit_prune_before', 'infinity', true)`)
    await em.execute('delete from audit_entry')
  })
})
afterEach(async () => {
  await backups.stop()
  vi.useRealTimers()
})

/** Lets time go by in steps that the schedule sees, and what it began come to its end. */
async function pass(durationMs: number): Promise<void> {
  for (let left = durationMs; left > 0; left -= 5000) {
    nowMs += 5000
    vi.advanceTimersByTime(5000)
    await backups.settled()
  }
}
const audited = (action: string, atMs: number) =>
  database
    .em()
    .execute(`insert into audit_entry (at, actor_kind, action, outcome, details) values (?, 'person', ?, 'done', '{}')`, [
      new Date(atMs),
      action,
    ])
const whole = (createdAtMs: number): StoredSelfBackup => ({
  id: 'ab'.repeat(16),
  createdAtMs,
  parts: 1,
  sizeBytes: 1,
  isWhole: true,
  isReadable: true,
})

test('the first one comes soon after the first start, and then one a day', async () => {
  await backups.start(database.em())
  expect(backups.newestAtMs, 'a new hub is no finding').toBeUndefined()
  await pass(25_000)
  expect(shelf.tries).toBe(0)
  await pass(10_000)
  expect(shelf.items).toHaveLength(1)
  await pass(dayMs - minuteMs)
  expect(shelf.items).toHaveLength(1)
  await pass(2 * minuteMs)
  expect(shelf.items).toHaveLength(2)
  expect(backups.newestAtMs).toBe(shelf.items.at(-1)?.createdAtMs)
})

test('what is changed together goes together, but nothing waits for ever', async () => {
  shelf.items = [whole(nowMs)]
  await backups.start(database.em())
  await pass(minuteMs)
  for (let count = 0; count < 2; count++) {
    backups.noteChange()
    await pass(20_000)
  }
  expect(shelf.tries).toBe(0)
  await pass(15_000)
  expect(shelf.tries).toBe(1)
  for (let count = 0; count < 16; count++) {
    backups.noteChange()
    await pass(20_000)
  }
  expect(shelf.tries, 'after five minutes of changes').toBe(2)
})

test('a store that takes nothing is asked again, and nothing is forgotten meanwhile', async () => {
  shelf.items = [whole(nowMs)]
  await backups.start(database.em())
  shelf.isBroken = true
  backups.noteChange()
  await pass(5 * minuteMs)
  expect(shelf.tries).toBe(1)
  shelf.isBroken = false
  await pass(6 * minuteMs)
  expect(shelf.tries).toBe(2)
  expect(shelf.items).toHaveLength(1 + 1 - 1) // of one day the newest stays
  expect(backups.newestAtMs).toBe(shelf.items[0]?.createdAtMs)
})

test('what was changed just before a hub was killed is found in its audit log', async () => {
  shelf.items = [whole(nowMs - minuteMs)]
  await audited('signIn', nowMs)
  await backups.start(database.em())
  await pass(minuteMs)
  expect(shelf.tries, 'everyday things wait for their day').toBe(0)
  await backups.stop()
  await audited('createPlan', nowMs)
  await backups.start(database.em())
  await pass(minuteMs)
  expect(shelf.tries).toBe(1)
})

test('what a killed hub left goes before there is a newer one', async () => {
  const left = { ...whole(nowMs - minuteMs), isWhole: false }
  shelf.items = [left]
  await backups.make()
  expect(shelf.items).toMatchObject([{ isWhole: true, isReadable: true }])
})

test('a hub that stops does not wait for a long one, and makes it after its next start', async () => {
  shelf.items = [whole(nowMs - minuteMs)]
  await audited('createPlan', nowMs)
  // Longer than one piece.
  await database
    .em()
    .execute(
      `insert into audit_entry (at, actor_kind, action, outcome, details) select ?::timestamptz, 'person', 'signIn', 'done', '{}' from generate_series(1, 5000)`,
      [new Date(nowMs)],
    )
  await backups.start(database.em())
  const begun = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  shelf.onPiece = () => {
    begun.resolve()
    return goOn.promise
  }
  const making = expect(backups.make()).rejects.toThrow()
  await begun.promise
  const stopped = backups.stop()
  goOn.resolve()
  await stopped
  await making
  expect(shelf.items).toHaveLength(1)
  const before = backups.newestAtMs
  await backups.start(database.em())
  await pass(minuteMs)
  expect(backups.newestAtMs).toBeGreaterThan(before ?? 0)
})

test('a hub that never could is told after an hour', async () => {
  shelf.isBroken = true
  await backups.start(database.em())
  await pass(61 * minuteMs)
  expect(backups.newestAtMs).toBeNull()
  expect(shelf.tries).toBeGreaterThan(3)
})
