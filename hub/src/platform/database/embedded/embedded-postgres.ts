import { chmodSync, mkdirSync } from 'node:fs'
import type { AppError } from '@holdfast/shared-types'
import type { Logger } from '../../logging/logger.ts'
import { makePrivateFolder, makeSocketFolder } from '../../lifecycle/private-folder.ts'
import { clusterLayout, runtimeFolderOf, type ClusterLayout } from './cluster-layout.ts'
import { databaseRole, initialiseCluster, type InitialisedCluster } from './initialise-cluster.ts'
import { keepRunning } from './keep-running.ts'
import type { PostgresUser } from './postgres-user.ts'
import { ensureDatabase, type ServerConnection } from './probe-server.ts'
import { runServer } from './run-server.ts'
import { toolEnvironment, type ToolOptions } from './run-tool.ts'
import { findServerBinaries, removeOtherRuntimes, type ServerBinaries } from './server-binaries.ts'
import { isServerThere, stopServer } from './stop-server.ts'
import { startWatchdog, type Watchdog } from './watchdog.ts'

export interface EmbeddedPostgresOptions {
  /** `$HOLDFAST_DATA/postgres`; its parents exist and can be passed by `user`. */
  readonly folder: string
  /** The lock that the caller holds; the watchdog takes it when the caller dies. */
  readonly lockFile: string
  /** By `choosePostgresUser`. */
  readonly user: PostgresUser | null
  /** The environment of the hub; only harmless parts of it reach Postgres. */
  readonly env: NodeJS.ProcessEnv
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly database?: string
  /** Server settings over the hub's own. */
  readonly settings?: Readonly<Record<string, string>>
  /** Called once when the server was lost and could not be started again: the hub has no database any more. */
  readonly onLost: (error: AppError) => void
  /** Called once a watchdog stands by: from here on the database is stopped whatever becomes of this process. */
  readonly onWatched: () => void
  /** Ends a start that takes long, as the recovery after a crash may; it then fails with `database.unavailable`. */
  readonly signal?: AbortSignal
  /** For tests. */
  readonly watchdogGraceMs?: number
}

export interface EmbeddedPostgres {
  readonly connection: ServerConnection
  /** True when the cluster was made by this start. */
  readonly isNew: boolean
  /** True when the server had outlived a killed hub. */
  readonly isAdopted: boolean
  /** Orderly within `fastMs`, then by force. Afterwards nothing of it runs. */
  stop(fastMs: number): Promise<void>
  /** Hands the stopping to the watchdog, for a hub that has to end at once. */
  abandon(): void
}

/**
 * Starts the embedded database, or adopts it when it outlived a killed hub. The caller holds the lock of the data folder.
 *
 * @throws AppError `settings.invalid` or `database.unavailable`, with the cure.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const tool = { user: options.user, env: toolEnvironment(options.env) }
  const prepared = await prepareCluster(options, tool)
  const { binaries, layout, cluster } = prepared
  // Before the server: a hub killed right after starting it must not leave it alone.
  const watchdog = watch(options, prepared)
  options.onWatched()
  const stopping = { ...tool, pgCtl: binaries.pgCtl, dataFolder: layout.dataFolder }
  const stop = async (fastMs: number) => {
    if (await stopServer({ ...stopping, fastMs })) await watchdog.dismiss()
    else watchdog.takeOverNow()
  }
  // A server that still recovers is told to stop, upon which the waiting for it ends.
  const giveUp = () => void stopServer({ ...stopping, fastMs: failedStartStopMs })
  options.signal?.addEventListener('abort', giveUp, { once: true })
  try {
    const run = (port: number | null) => runServer({ ...prepared, tool, log: options.log, settings: options.settings ?? {}, port })
    const { connection, isAdopted } = await run(null)
    await ensureDatabase(connection)
    removeOtherRuntimes(layout.runtimeFolder, binaries)
    const facts = { version: binaries.version, initialised: cluster.isNew, adopted: isAdopted }
    options.log.info({ event: 'database.started', ...facts }, 'Embedded Postgres runs')
    const keeper = keepRunning({
      isRunning: () => isServerThere(layout.dataFolder),
      restart: async () => void (await run(connection.port)),
      onLost: options.onLost,
      log: options.log,
    })
    const stopInOrder = async (fastMs: number) => {
      await keeper.end()
      await stop(fastMs)
    }
    return { connection, isNew: cluster.isNew, isAdopted, stop: stopInOrder, abandon: () => watchdog.takeOverNow() }
  } catch (error) {
    await stop(failedStartStopMs)
    throw error
  } finally {
    options.signal?.removeEventListener('abort', giveUp)
  }
}

interface PreparedCluster {
  readonly binaries: ServerBinaries
  readonly layout: ClusterLayout
  /** Null where unix sockets are not used (Windows). */
  readonly socketFolder: string | null
  readonly cluster: InitialisedCluster
  readonly credentials: Pick<ServerConnection, 'user' | 'password' | 'database'>
}

/** Everything that has to lie on the disk before a server can run. */
async function prepareCluster(options: EmbeddedPostgresOptions, tool: ToolOptions): Promise<PreparedCluster> {
  const { folder, user, log } = options
  makeHubFolder(folder, user !== null)
  const binaries = await findServerBinaries({ ...tool, runtimeFolder: runtimeFolderOf(folder), log })
  const layout = clusterLayout(folder, binaries.major)
  makePrivateFolder(layout.home, user)
  const socketFolder = process.platform === 'win32' ? null : makeSocketFolder(layout.socketFolder, user)
  const cluster = await initialiseCluster(layout, binaries, tool)
  const credentials = { user: databaseRole, password: cluster.password, database: options.database ?? 'holdfast' }
  return { binaries, layout, socketFolder, cluster, credentials }
}

const watch = ({ lockFile, user, env, watchdogGraceMs }: EmbeddedPostgresOptions, { layout, binaries }: PreparedCluster): Watchdog =>
  startWatchdog({
    server: { lockFile, dataFolder: layout.dataFolder, pgCtl: binaries.pgCtl, user: user && { uid: user.uid, gid: user.gid } },
    env,
    ...(watchdogGraceMs === undefined ? {} : { graceMs: watchdogGraceMs }),
  })

const failedStartStopMs = 10_000

/** Holds what the hub owns of the database. Shared: another user passes through it to the cluster and reads settings and binaries. */
function makeHubFolder(folder: string, isShared: boolean): void {
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, isShared ? 0o711 : 0o700)
}
