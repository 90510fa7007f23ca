import { AppError } from '@holdfast/shared-types'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { entities } from '../../wiring/entities.ts'
import { silentLogger } from '../logging/logger.ts'
import { advisoryKeys } from './advisory-keys.ts'
import { openDatabase, type Database } from './database.ts'
import { takeHubLock } from './hub-lock.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'
import { brokenUnique } from './translate-driver-error.ts'
import { afterCommit, beforeCommit } from './unit-of-work.ts'

let test1: TestDatabase
let database: Database
const open = () => openDatabase({ connection: test1.connection, entities, migrations, log: silentLogger })

beforeAll(async () => {
  test1 = await createTestDatabase()
  // Two hubs that start at once: both must come up on one schema.
  const [first, second] = await Promise.all([open(), open()])
  await second.close()
  database = first
})
afterAll(async () => {
  await database.close()
  await test1.drop()
})

describe('schema', () => {
  test('has no drift between entities, migrations and the database', async () => {
    expect(await database.orm.schema.getUpdateSchemaSQL()).toBe('')
    expect(await database.orm.migrator.checkSchema()).toBe(false)
  })

  test('applies each migration once', async () => {
    expect(await database.orm.migrator.getPending()).toEqual([])
    const applied = await database.orm.migrator.getExecuted()
    expect(applied.map((migration) => migration.name)).toEqual(migrations.map((migration) => migration.name))
  })
})

describe('transaction', () => {
  const setTopic = (em: ReturnType<Database['em']>, topic: string) =>
    em.execute('insert into live_topic (topic, last_seq) values (?, 1)', [topic])
  const topics = async () =>
    (await database.em().execute<{ topic: string }[]>('select topic from live_topic order by topic')).map((row) => row.topic)

  test('runs its hooks before and after the commit, in that order', async () => {
    const seen: string[] = []
    await database.transaction(async (em) => {
      await setTopic(em, 'devices')
      afterCommit(em, async () => void seen.push(`after: ${(await topics()).join()}`))
      beforeCommit(em, async () => void seen.push(`before: ${(await topics()).join()}`))
      seen.push('work')
    })
    expect(seen).toEqual(['work', 'before: ', 'after: devices'])
  })

  test('leaves nothing and runs no hook when the work fails', async () => {
    const seen: string[] = []
    const work = database.transaction(async (em) => {
      await setTopic(em, 'runs')
      afterCommit(em, () => void seen.push('after'))
      throw new AppError('run.not-found')
    })
    await expect(work).rejects.toMatchObject({ code: 'run.not-found' })
    expect(seen).toEqual([])
    expect(await topics()).not.toContain('runs')
  })

  test('refuses a hook outside of a transaction', () => {
    expect(() => afterCommit(database.em(), () => undefined)).toThrow(/inside of Database.transaction/)
  })

  test('names the unique constraint that refused a row', async () => {
    const twice = database.transaction(async (em) => {
      await setTopic(em, 'twice')
      await setTopic(em, 'twice')
    })
    const error: unknown = await twice.catch((thrown: unknown) => thrown)
    expect(brokenUnique(error)).toBe('live_topic_pkey')
  })
})

describe('a database that is not there', () => {
  test('is told as unavailable', async () => {
    const nowhere = { host: '127.0.0.1', port: 1, user: 'x', password: 'x', database: 'x' }
    await expect(openDatabase({ connection: nowhere, entities, migrations, log: silentLogger })).rejects.toMatchObject({
      code: 'database.unavailable',
    })
  })
})

describe('hub lock', () => {
  const take = (onLost: (error: AppError) => void = () => undefined) =>
    takeHubLock({ connection: test1.connection, log: silentLogger, onLost })
  const held = `from pg_locks where locktype = 'advisory' and objid = 2 and granted and database = (select oid from pg_database where datname = current_database())`
  const holders = async () => (await database.em().execute<{ pid: number }[]>(`select pid ${held}`)).map(({ pid }) => pid)
  /** Ends the session that holds the lock, as a restarted Postgres would. @returns the process that served it */
  const cutHolder = async (): Promise<number> => {
    const [pid = 0] = await holders()
    await database.em().execute('select pg_terminate_backend(?)', [pid])
    return pid
  }

  test('is held by one hub at a time and free after its release', async () => {
    const lock = await take()
    await expect(take()).rejects.toMatchObject({ code: 'hub.already-running' })
    await lock.release()
    await (await take()).release()
  })

  test('is taken again when its session is cut', async () => {
    const lost: AppError[] = []
    const lock = await take((error) => lost.push(error))
    const cut = await cutHolder()
    // By another session: that nobody holds it lasts for half a second only, and may be over before one looks.
    await expect.poll(async () => (await holders()).filter((pid) => pid !== cut)).toHaveLength(1)
    expect(lost).toEqual([])
    await expect(take()).rejects.toMatchObject({ code: 'hub.already-running' })
    await lock.release()
  })

  test('tells its hub to stop when another one was faster', async () => {
    const lost: AppError[] = []
    const lock = await take((error) => lost.push(error))
    // It stands in line already: so it is the faster one on every machine.
    const other = new Client(test1.connection)
    await other.connect()
    const taken = other.query('select pg_advisory_lock($1, $2)', [advisoryKeys.holdfast, advisoryKeys.serving])
    await cutHolder()
    await taken
    await expect.poll(() => lost.map((error) => error.code)).toEqual(['hub.already-running'])
    await other.end()
    await lock.release()
  })
})
