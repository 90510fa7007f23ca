import { chmodSync, mkdirSync } from 'node:fs'
import type { AppError } from '@holdfast/shared-types'
import type { Logger } from '../../logging/logger.ts'
import { makePrivateFolder, makeSocketFolder } from '../../lifecycle/private-folder.ts'
import { clusterLayout } from './cluster-layout.ts'
import { databaseRole, initialiseCluster } from './initialise-cluster.ts'
import { keepRunning } from './keep-running.ts'
import type { PostgresUser } from './postgres-user.ts'
import { ensureDatabase, type ServerConnection } from './probe-server.ts'
import { runServer } from './run-server.ts'
import { toolEnvironment } from './run-tool.ts'
import { findServerBinaries, removeOtherRuntimes } from './server-binaries.ts'
import { isServerThere, stopServer } from './stop-server.ts'
import { startWatchdog } from './watchdog.ts'

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
  const { user, log } = options
  const tool = { user, env: toolEnvironment(options.env) }
  makeHubFolder(options.folder, user !== null)
  const binaries = await findServerBinaries({ ...tool, runtimeFolder: clusterLayout(options.folder, '0').runtimeFolder, log })
  const layout = clusterLayout(options.folder, binaries.major)
  makePrivateFolder(layout.home, user)
  const socketFolder = process.platform === 'win32' ? null : makeSocketFolder(layout.socketFolder, user)
  const cluster = await initialiseCluster(layout, binaries, tool)
  // Before the server: a hub killed right after starting it must not leave it alone.
  const watchdog = startWatchdog({
    server: {
      lockFile: options.lockFile,
      dataFolder: layout.dataFolder,
      pgCtl: binaries.pgCtl,
      user: user && { uid: user.uid, gid: user.gid },
    },
    env: options.env,
    ...(options.watchdogGraceMs === undefined ? {} : { graceMs: options.watchdogGraceMs }),
  })
  const serverOptions = {
    layout,
    binaries,
    tool,
    socketFolder,
    log,
    settings: options.settings ?? {},
    credentials: { user: databaseRole, password: cluster.password, database: options.database ?? 'holdfast' },
  }
  const stop = async (fastMs: number) => {
    const isGone = await stopServer({ ...tool, pgCtl: binaries.pgCtl, dataFolder: layout.dataFolder, fastMs })
    if (isGone) await watchdog.dismiss()
    else watchdog.takeOverNow()
  }
  try {
    const server = await runServer({ ...serverOptions, port: null })
    await ensureDatabase(server.connection)
    removeOtherRuntimes(layout.runtimeFolder, binaries)
    log.info(
      { event: 'database.started', version: binaries.version, initialised: cluster.isNew, adopted: server.isAdopted },
      'Embedded Postgres runs',
    )
    const keeper = keepRunning({
      isRunning: () => isServerThere(layout.dataFolder),
      restart: async () => void (await runServer({ ...serverOptions, port: server.connection.port })),
      onLost: options.onLost,
      log,
    })
    return {
      connection: server.connection,
      isNew: cluster.isNew,
      isAdopted: server.isAdopted,
      async stop(fastMs) {
        await keeper.end()
        await stop(fastMs)
      },
      abandon: () => watchdog.takeOverNow(),
    }
  } catch (error) {
    await stop(failedStartStopMs)
    throw error
  }
}

const failedStartStopMs = 10_000

/** Holds what the hub owns of the database. Shared: another user passes through it to the cluster and reads settings and binaries. */
function makeHubFolder(folder: string, isShared: boolean): void {
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, isShared ? 0o711 : 0o700)
}
