import { randomUUID } from 'node:crypto'
import type { UserId } from '@holdfast/shared-types'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { openDatabase, type Database } from '../../platform/database/database.ts'
import { createTestDatabase, type TestDatabase } from '../../platform/database/testing/test-database.ts'
import { silentLogger } from '../../platform/logging/logger.ts'
import { insertUser, userEntities } from '../users/index.ts'
import { authEntities } from './index.ts'
import { createSignInGuard, type SignInAttempt } from './sign-in-guard.ts'

let scratch: TestDatabase
let database: Database
let nowMs = Date.parse('2026-01-01')
const secret = new Uint8Array(32)
/** Another one each time: all there is lies in the database. */
const guard = () => createSignInGuard({ database, secret, now: () => nowMs })

beforeAll(async () => {
  scratch = await createTestDatabase()
  database = await openDatabase({
    connection: scratch.connection,
    entities: [...userEntities, ...authEntities],
    migrations,
    log: silentLogger,
  })
})
beforeEach(() => database.em().execute('delete from failed_sign_in'))
afterAll(async () => {
  await database.close()
  await scratch.drop()
})

const from = (address: string, account: string | null = 'ann@example.org', userId: UserId | null = null): SignInAttempt => ({
  account,
  userId,
  address,
})
/** Seconds to wait, or 0 for a try that was let through and failed. */
async function fail(attempt: SignInAttempt): Promise<number> {
  try {
    await guard().begin(attempt)
    return 0
  } catch (error) {
    expect(error).toMatchObject({ code: 'sign-in.throttled' })
    return (error as { context: { retryAfterSeconds: number } }).context.retryAfterSeconds
  }
}
const failTimes = async (times: number, attemptOf: (i: number) => SignInAttempt) => {
  const waits: number[] = []
  for (let i = 0; i < times; i++) waits.push(await fail(attemptOf(i)))
  return waits
}

test('five tries are free, then each waits longer, over restarts, and an hour of peace forgets them', async () => {
  expect(await failTimes(6, () => from('192.0.2.1'))).toEqual([0, 0, 0, 0, 0, 15])
  nowMs += 15_000
  expect(await failTimes(2, () => from('192.0.2.1'))).toEqual([0, 30])
  nowMs += 30_000
  expect(await failTimes(2, () => from('192.0.2.1'))).toEqual([0, 60])
  nowMs += 3_600_000
  expect(await failTimes(6, () => from('192.0.2.1'))).toEqual([0, 0, 0, 0, 0, 15])
})

test('who is held up from one address gets in from another', async () => {
  await failTimes(6, () => from('192.0.2.1'))
  expect(await fail(from('192.0.2.2'))).toBe(0)
  // The same customer of a provider, at another of the addresses of their /64.
  await failTimes(6, () => from('2001:db8::1'))
  expect(await fail(from('2001:db8::2'))).toBeGreaterThan(0)
})

test('many tries at once are no more than as many one after the other', async () => {
  const waits = await Promise.all(Array.from({ length: 30 }, () => fail(from('192.0.2.1'))))
  expect(waits.filter((wait) => wait === 0)).toHaveLength(5)
})

test('hammering while one has to wait makes nobody else wait', async () => {
  expect((await failTimes(300, () => from('192.0.2.1'))).filter((wait) => wait === 0)).toHaveLength(5)
  expect(await fail(from('192.0.2.1', 'bob@example.org'))).toBe(0)
  expect(await fail(from('192.0.2.9'))).toBe(0)
})

test('guessing at one account from many addresses ends, but not for who has signed in from where they are', async () => {
  const user = await database.transaction((em) =>
    insertUser(em, { name: 'Ann', email: `${randomUUID()}@example.org`, role: 'viewer' }, new Date(nowMs)),
  )
  const succeeded = await guard().begin(from('198.51.100.7', 'ann@example.org', user.id))
  await succeeded()
  const waits = await failTimes(60, (i) => from(`192.0.2.${i}`, 'ann@example.org', user.id))
  expect(waits.filter((wait) => wait === 0)).toHaveLength(50)
  expect(await fail(from('203.0.113.1', 'ann@example.org', user.id))).toBeGreaterThan(0)
  expect(await fail(from('198.51.100.7', 'ann@example.org', user.id))).toBe(0)
  // An hour is not enough to have fifty new tries, a day is.
  nowMs += 2 * 3_600_000
  expect((await failTimes(3, (i) => from(`192.0.2.${100 + i}`, 'ann@example.org', user.id))).filter((wait) => wait === 0)).toHaveLength(1)
  nowMs += 24 * 3_600_000
  expect((await failTimes(3, (i) => from(`192.0.2.${100 + i}`, 'ann@example.org', user.id))).filter((wait) => wait === 0)).toHaveLength(3)
})

test('one machine that tries many accounts, known and unknown, ends after thirty', async () => {
  expect((await failTimes(40, (i) => from('192.0.2.1', `somebody${i}@example.org`))).filter((wait) => wait === 0)).toHaveLength(30)
  expect(await fail(from('192.0.2.1', null))).toBeGreaterThan(0)
})

test('an office that signs in all day from one address is never held up', async () => {
  for (let i = 0; i < 100; i++) {
    const succeeded = await guard().begin(from('192.0.2.1', `colleague${i}@example.org`))
    await succeeded()
  }
  expect(await fail(from('192.0.2.1', 'ann@example.org'))).toBe(0)
})

test('what is kept names nobody, and is gone when it says nothing any more', async () => {
  await failTimes(2, () => from('192.0.2.1', 'correct horse battery'))
  const rows = await database.em().execute('select row_to_json(f)::text as text from failed_sign_in f')
  expect(JSON.stringify(rows)).not.toMatch(/horse|192\.0/)
  nowMs += 25 * 3_600_000
  await guard().tidy()
  expect(await database.em().execute('select 1 from failed_sign_in')).toEqual([])
})
