import { AppError } from '@holdfast/shared-types'
import type { Database } from '../platform/database/database.ts'
import type { CliContext } from './cli-context.ts'
import { alreadyRunning, holdDataFolder, type HeldDataFolder } from './hold-data-folder.ts'
import { closeDatabaseServer, openDatabaseServer, type DatabaseServer } from './open-hub.ts'

const databaseMs = 5000

/** Holds the data folder for a command beside which no hub may run. @throws AppError `hub.already-running` with the command that is to come first */
export async function holdForCommand(context: CliContext, name: string): Promise<HeldDataFolder> {
  const held = await holdDataFolder(context, 'command')
  if (!('holder' in held)) return held
  const known = alreadyRunning(held.holder)
  throw new AppError('hub.already-running', {
    message: known.message,
    cure: `Stop it with \`holdfast-hub stop\`, run \`holdfast-hub ${name}\` again, and start it afterwards.`,
    context: known.context,
  })
}

/** Does the work on the database of a data folder that is held, with its schema up to date and no hub on it. @throws AppError `hub.already-running`, `database.unavailable` */
export async function withDatabase<T>(context: CliContext, held: HeldDataFolder, work: (database: Database) => Promise<T>): Promise<T> {
  // Its work fails by itself then; there is nobody else to tell.
  const onFatal = (error: Error) => context.log.error({ event: 'database.failed', err: error }, 'The database is gone')
  const server = await openDatabaseServer(context, { held, onFatal })
  try {
    return await onServer(context, server, work)
  } finally {
    await closeDatabaseServer(server, { hubMs: 0, databaseMs })
  }
}

async function onServer<T>({ log }: CliContext, { connection }: DatabaseServer, work: (database: Database) => Promise<T>): Promise<T> {
  const [{ openDatabase }, { takeHubLock }, { entities }, { migrations }] = await Promise.all([
    import('../platform/database/database.ts'),
    import('../platform/database/hub-lock.ts'),
    import('../wiring/entities.ts'),
    import('../migrations/index.ts'),
  ])
  const onLost = (error: Error) => log.error({ event: 'hub.fatal', err: error }, 'Another hub took the database')
  const lock = await takeHubLock({ connection, log, onLost })
  try {
    const database = await openDatabase({ connection, entities, migrations, log })
    try {
      return await work(database)
    } finally {
      await database.close()
    }
  } finally {
    await lock.release()
  }
}
