import { setTimeout as delay } from 'node:timers/promises'
import type { Hub } from '../hub.ts'
import type { DatabaseConnection } from '../platform/database/connection.ts'
import type { EmbeddedPostgres } from '../platform/database/embedded/embedded-postgres.ts'
import type { LogFile } from '../platform/logging/log-file.ts'
import type { Logger } from '../platform/logging/logger.ts'
import type { CliContext } from './cli-context.ts'
import type { HeldDataFolder } from './hold-data-folder.ts'

// ORM, routes and features are loaded only by who opens a hub: a command that asks the running one answers in a fraction of the time.

/** The database server under a hub. */
export interface DatabaseServer {
  readonly connection: DatabaseConnection
  /** Null where it is somebody else's (DATABASE_URL). */
  readonly embedded: EmbeddedPostgres | null
}

export interface OpenOptions {
  readonly held: HeldDataFolder
  /** The database is gone for good, or another hub took it: this one has to end. */
  readonly onFatal: (error: Error) => void
  readonly signal?: AbortSignal
  /** Where a hub that goes on keeps its log: its health shows how that fares. */
  readonly logFile?: LogFile
}

/** How long each part may take to end in order before it is cut short, in milliseconds. */
export interface ClosePace {
  readonly hubMs: number
  readonly databaseMs: number
  /** Aborted when whoever waits does not want to any longer. */
  readonly hurry?: AbortSignal
}

export async function openDatabaseServer({ config, env, log }: CliContext, options: OpenOptions): Promise<DatabaseServer> {
  if (config.databaseUrl !== null) {
    const { prepareExternalDatabase } = await import('../platform/database/prepare-external-database.ts')
    await prepareExternalDatabase(config.databaseUrl)
    return { connection: { url: config.databaseUrl }, embedded: null }
  }
  const { held, onFatal, signal } = options
  const { startEmbeddedPostgres } = await import('../platform/database/embedded/embedded-postgres.ts')
  const embedded = await startEmbeddedPostgres({
    folder: held.folder.postgresFolder,
    lockFile: held.folder.lockFile,
    user: held.postgresUser,
    env,
    log,
    onLost: onFatal,
    onWatched: () => held.lock.update({ database: 'watched' }),
    ...(signal === undefined ? {} : { signal }),
  })
  return { connection: embedded.connection, embedded }
}

/** A hub with its features started, not yet listening. */
export async function openHub({ config, log }: CliContext, server: DatabaseServer, { held, onFatal, logFile }: OpenOptions): Promise<Hub> {
  const { createHub } = await import('../create-hub.ts')
  return createHub({
    config,
    connection: server.connection,
    log,
    secret: held.secret,
    onFatal,
    ...(logFile === undefined ? {} : { logFile }),
  })
}

/** Never throws: whatever goes wrong here, what lies below the hub has to be closed as well. */
export async function closeHub(hub: Hub, log: Logger, pace: ClosePace): Promise<void> {
  try {
    if (await endsWithin(hub.close(), pace.hubMs, pace.hurry)) return
    log.warn({ event: 'hub.close-cut-short' }, 'The hub did not end its work in time; stopping without it')
  } catch (error) {
    log.error({ event: 'hub.close-failed', err: error }, 'Closing the hub failed; the rest is stopped all the same')
  }
}

const hurriedDatabaseMs = 1000

export async function closeDatabaseServer(server: DatabaseServer, pace: ClosePace): Promise<void> {
  await server.embedded?.stop(pace.hurry?.aborted === true ? hurriedDatabaseMs : pace.databaseMs)
}

async function endsWithin(work: Promise<void>, timeoutMs: number, hurry?: AbortSignal): Promise<boolean> {
  const done = new AbortController()
  const timeout = delay(timeoutMs, false, { signal: AbortSignal.any(hurry ? [done.signal, hurry] : [done.signal]) }).catch(() => false)
  try {
    return await Promise.race([work.then(() => true), timeout])
  } finally {
    done.abort()
  }
}
