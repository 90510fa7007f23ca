import { fileURLToPath } from 'node:url'
import { IsolationLevel, MikroORM, type EntityManager } from '@mikro-orm/postgresql'
import { Migrator, type Migration } from '@mikro-orm/migrations'
import type { EntitySchema } from '@mikro-orm/core'
import type { Logger } from '../logging/logger.ts'
import { databaseName, toClientConfig, type DatabaseConnection } from './connection.ts'
import { migrateUnderLock } from './migrate-under-lock.ts'
import { asDatabaseError, isDeadlock } from './translate-driver-error.ts'
import { openUnit, runBeforeCommit } from './unit-of-work.ts'

export type MigrationClass = new (...args: ConstructorParameters<typeof Migration>) => Migration

const isolationLevels = { 'read committed': IsolationLevel.READ_COMMITTED, 'repeatable read': IsolationLevel.REPEATABLE_READ } as const

export interface TransactionOptions {
  readonly isolation?: keyof typeof isolationLevels
  readonly readOnly?: boolean
  /** Errors that another look may not meet: a row that somebody else has inserted between our look and our own. Deadlocks always are. */
  readonly repeatsOn?: (error: unknown) => boolean
}

/** The hub's Postgres: one ORM, one pool, one EntityManager per request or message. */
export interface Database {
  readonly orm: MikroORM
  /** A fresh EntityManager outside of any transaction; never share one between requests. */
  em(): EntityManager
  /**
   * Runs `work` in one transaction of its own and commits; `beforeCommit` and `afterCommit` hang on the EntityManager it hands over.
   * Never call it inside of another: the two would wait for each other's rows.
   */
  transaction<T>(work: (em: EntityManager) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Resolves when the database answers; throws `database.unavailable`. */
  ping(): Promise<void>
  close(): Promise<void>
}

export interface OpenDatabaseOptions {
  readonly connection: DatabaseConnection
  readonly entities: readonly EntitySchema[]
  readonly migrations: readonly MigrationClass[]
  readonly log: Logger
  /** Called at the beginning of every transaction that may write; hangs what belongs to all of them on it (unit-of-work.ts). */
  readonly onTransaction?: (em: EntityManager) => void
}

// 20: hub work is many short transactions; the embedded server allows 60 connections, and pg-boss and tools want theirs.
const maxConnections = 20

/** The ORM's settings; also used by the developer command that writes migrations. */
export function ormOptions(options: OpenDatabaseOptions) {
  const migrationsDir = fileURLToPath(new URL('../../migrations', import.meta.url))
  return {
    dbName: databaseName(options.connection),
    driverOptions: { ...toClientConfig(options.connection) },
    entities: [...options.entities],
    extensions: [Migrator],
    pool: { min: 0, max: maxConnections },
    // Statements carry values inlined by the ORM: they are never logged, not even at debug.
    logger: () => undefined,
    migrations: {
      migrationsList: [...options.migrations],
      path: migrationsDir,
      pathTs: migrationsDir,
      emit: 'ts' as const,
      snapshot: true,
      snapshotName: 'schema-snapshot',
      transactional: true,
      allOrNothing: true,
      // A column or table goes only by a migration that somebody wrote by hand.
      safe: true,
    },
  }
}

/**
 * Opens the database and brings its schema up to date, under a lock so that two hubs never migrate at once.
 *
 * @throws AppError `database.unavailable` when nothing answers.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { log } = options
  try {
    const orm = await MikroORM.init(ormOptions(options))
    try {
      const applied = await migrateUnderLock(options.connection, orm)
      if (applied.length > 0) log.info({ event: 'database.migrated', migrations: applied.length }, 'Database schema brought up to date')
    } catch (error) {
      await orm.close(true)
      throw error
    }
    return {
      orm,
      em: () => orm.em.fork(),
      transaction: (work, how) => repeatTransaction(orm, options, work, how),
      ping: () => ping(orm),
      close: () => orm.close(true),
    }
  } catch (error) {
    throw asDatabaseError(error)
  }
}

/** Whoever lost a race looks again: more often than this and something else is wrong. */
const mostAttempts = 4

/** What was tried is rolled back whole, its hooks are forgotten, and `work` begins anew: it must have no effects of its own. */
async function repeatTransaction<T>(
  orm: MikroORM,
  options: OpenDatabaseOptions,
  work: (em: EntityManager) => Promise<T>,
  how: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runTransaction(orm, options, work, how)
    } catch (error) {
      if (attempt === mostAttempts || !(isDeadlock(error) || how.repeatsOn?.(error) === true)) throw error
      options.log.debug({ event: 'transaction.repeated', count: attempt, err: error }, 'A transaction lost a race and is made again')
    }
  }
}

async function runTransaction<T>(
  orm: MikroORM,
  { log, onTransaction }: OpenDatabaseOptions,
  work: (em: EntityManager) => Promise<T>,
  how: TransactionOptions = {},
): Promise<T> {
  let after: (() => void | Promise<void>)[] = []
  let undo: (() => void)[] = []
  const made = orm.em.fork().transactional(
    async (em) => {
      const unit = openUnit(em)
      undo = unit.afterRollback
      if (how.readOnly !== true) onTransaction?.(em)
      const value = await work(em)
      await em.flush()
      await runBeforeCommit(unit)
      after = unit.afterCommit
      return value
    },
    {
      ...(how.isolation === undefined ? {} : { isolationLevel: isolationLevels[how.isolation] }),
      ...(how.readOnly === undefined ? {} : { readOnly: how.readOnly }),
    },
  )
  const result = await made.catch((error: unknown) => {
    for (const hook of undo) hook()
    throw error
  })
  for (const hook of after) {
    try {
      await hook()
    } catch (error) {
      log.error({ event: 'after-commit.failed', err: error }, 'What should follow a committed change failed')
    }
  }
  return result
}

async function ping(orm: MikroORM): Promise<void> {
  try {
    await orm.em.fork().execute('select 1')
  } catch (error) {
    throw asDatabaseError(error)
  }
}
