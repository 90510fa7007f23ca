import type { MikroORM } from '@mikro-orm/postgresql'
import { Client } from 'pg'
import { advisoryKeys } from './advisory-keys.ts'
import { toClientConfig, type DatabaseConnection } from './connection.ts'

/**
 * Applies pending migrations while holding an advisory lock of its own session: a second hub that starts now waits, then finds
 * nothing to do. The ORM's own migrator has no such lock.
 *
 * @returns the names of what was applied.
 */
export async function migrateUnderLock(connection: DatabaseConnection, orm: MikroORM): Promise<string[]> {
  const client = new Client(toClientConfig(connection))
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1, $2)', [advisoryKeys.holdfast, advisoryKeys.migration])
    const applied = await orm.migrator.up()
    return applied.map((migration) => migration.name)
  } finally {
    // Ending the session gives the lock back, whatever happened.
    await client.end()
  }
}
