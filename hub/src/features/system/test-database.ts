import { randomUUID } from 'node:crypto'
import { AppError, type ConnectionTest } from '@holdfast/shared-types'
import type { Database } from '../../platform/database/database.ts'
import { asDatabaseError } from '../../platform/database/translate-driver-error.ts'
import { asAppError } from '../../platform/http/as-app-error.ts'
import { ConnectionSteps } from '../../platform/http/connection-steps.ts'

/** Asks for the version, then writes and reads in a transaction that is rolled back: nothing is left of it. Never throws. */
export async function testDatabase(database: Database): Promise<ConnectionTest> {
  const steps = new ConnectionSteps((error) => asAppError(asDatabaseError(error)))
  const version = await steps.run('connect', async () => {
    const [row] = await database.em().execute<{ server_version: string }[]>('show server_version')
    return row?.server_version
  })
  const em = database.em()
  const written = randomUUID()
  try {
    await steps.run('write', async () => {
      await em.begin()
      // Only this connection sees it, and it goes with the transaction.
      await em.execute('create temporary table holdfast_connection_test (id uuid primary key) on commit drop')
      await em.execute('insert into holdfast_connection_test (id) values (?)', [written])
    })
    await steps.run('read', async () => {
      const [row] = await em.execute<{ id: string }[]>('select id from holdfast_connection_test')
      if (row?.id !== written) throw new AppError('database.unavailable', { message: 'The database does not give back what was written.' })
    })
  } finally {
    // What failed has been told; a connection that is gone has rolled back by itself.
    if (em.isInTransaction()) await em.rollback().catch(() => undefined)
  }
  return { ok: steps.ok, steps: steps.steps, ...(version === undefined ? {} : { version }) }
}
