import type { CliContext } from './cli-context.ts'
import { alreadyRunning, holdDataFolder } from './hold-data-folder.ts'
import { closeDatabaseServer, openDatabaseServer, type DatabaseServer } from './open-hub.ts'

/** Brings the schema up to date without starting a hub. A running hub did so when it started. */
export async function migrateCommand(context: CliContext): Promise<void> {
  const held = await holdDataFolder(context, 'command')
  if ('holder' in held) {
    if (held.holder.purpose !== 'hub') throw alreadyRunning(held.holder)
    return context.answer({ schema: 'current', by: 'hub' }, ['The running hub has brought the schema up to date.'])
  }
  const onFatal = (error: Error) => context.log.error({ event: 'database.failed', err: error }, 'The database is gone')
  try {
    const server = await openDatabaseServer(context, { held, onFatal })
    try {
      await migrate(server, context)
    } finally {
      await closeDatabaseServer(server, { hubMs: 0, databaseMs: 5000 })
    }
  } finally {
    held.lock.release()
  }
  context.answer({ schema: 'current', by: 'command' }, ['The schema is up to date.'])
}

async function migrate({ connection }: DatabaseServer, { log }: CliContext): Promise<void> {
  const [{ openDatabase }, { entities }, { migrations }] = await Promise.all([
    import('../platform/database/database.ts'),
    import('../wiring/entities.ts'),
    import('../migrations/index.ts'),
  ])
  // Opening it is bringing it up to date.
  const database = await openDatabase({ connection, entities, migrations, log })
  await database.close()
}
