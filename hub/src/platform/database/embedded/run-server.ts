import { rmSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '@holdfast/shared-types'
import { isPidInUse } from '../../lifecycle/process-identity.ts'
import type { Logger } from '../../logging/logger.ts'
import type { ClusterLayout } from './cluster-layout.ts'
import { isPostmasterOf, postmasterFile, readPostmasterFile, type PostmasterFile } from './postmaster-pid.ts'
import { probeServer, type ServerConnection } from './probe-server.ts'
import { runTool, type ToolOptions } from './run-tool.ts'
import type { ServerBinaries } from './server-binaries.ts'
import { positionOfLogs, saidSince } from './server-log.ts'
import { writeServerSettings } from './server-settings.ts'
import { stopServer } from './stop-server.ts'

export interface RunServerOptions {
  readonly layout: ClusterLayout
  readonly binaries: ServerBinaries
  readonly tool: ToolOptions
  /** Null where unix sockets are not used (Windows). */
  readonly socketFolder: string | null
  /** A server that is started again must listen where its clients know it; null for the first start. */
  readonly port: number | null
  /** Without host and port: they are the server's. */
  readonly credentials: Pick<ServerConnection, 'user' | 'password' | 'database'>
  readonly settings: Readonly<Record<string, string>>
  readonly log: Pick<Logger, 'info' | 'warn'>
}

export interface RunningServer {
  readonly connection: ServerConnection
  /** True when it ran already: the hub before us was killed. */
  readonly isAdopted: boolean
}

/** Recovery after a crash replays up to max_wal_size: seconds; ten minutes is for a very slow disk. */
const startTimeoutMs = 600_000
const pollMs = 50
/** On a unix socket the port is only part of a file's name. */
const socketPort = 5432

/** Gets the cluster's server running: adopts one that outlived its hub, or starts it. The caller holds the data folder's lock. */
export async function runServer(options: RunServerOptions): Promise<RunningServer> {
  const deadlineMs = performance.now() + startTimeoutMs
  const adopted = await settleEarlierServer(options, deadlineMs)
  if (adopted) return { connection: adopted, isAdopted: true }
  return { connection: await startServer(options), isAdopted: false }
}

/**
 * Deals with what an earlier hub left: a server that runs as we would run it is adopted; one of another version or with other
 * settings is stopped; the file of one that was killed is removed.
 */
async function settleEarlierServer(options: RunServerOptions, deadlineMs: number): Promise<ServerConnection | null> {
  const { dataFolder } = options.layout
  for (let running = readPostmasterFile(dataFolder); running; running = readPostmasterFile(dataFolder)) {
    const connection = connectionTo(running, options)
    const answer = await probeServer(connection)
    if (answer.state === 'ready') {
      const isSame = answer.version === options.binaries.version && !writeSettings(options, running.port)
      if (isSame) return connection
      options.log.info(
        { event: 'database.restarting', version: answer.version },
        'Restarting the database with this version and its settings',
      )
      if (!(await stopServer({ ...options.tool, pgCtl: options.binaries.pgCtl, dataFolder, fastMs: 60_000 }))) throw stuckServer(running)
      return null
    }
    if (answer.state === 'absent' && !isPostmasterOf(dataFolder, running.pid)) {
      removeMisleadingFiles(options, running)
      return null
    }
    if (performance.now() > deadlineMs) throw stuckServer(running)
    await delay(pollMs)
  }
  return null
}

/**
 * A server that was killed leaves its number in two files. Postgres takes it for alive when the number is in use: by another program
 * since (containers), or by the dead server itself as long as nobody has collected it (a container whose first process does not).
 * Its guard against surviving processes of the old server stays: it finds their shared memory by the folder's inode as well.
 */
function removeMisleadingFiles(options: RunServerOptions, killed: PostmasterFile): void {
  if (!isPidInUse(killed.pid)) return
  rmSync(postmasterFile(options.layout.dataFolder), { force: true })
  if (killed.socketFolder === null || killed.socketFolder !== options.socketFolder) return
  rmSync(path.join(killed.socketFolder, `.s.PGSQL.${killed.port}.lock`), { force: true })
}

async function startServer(options: RunServerOptions): Promise<ServerConnection> {
  const { layout, binaries, tool } = options
  const port = options.port ?? (options.socketFolder === null ? await freeLoopbackPort() : socketPort)
  writeSettings(options, port)
  // Processes of a server that was killed let go of its shared memory one by one; ten seconds is many times what was seen.
  for (let attempt = 1; ; attempt++) {
    const position = positionOfLogs(layout)
    const { exitCode, output } = await runTool(
      binaries.pgCtl,
      [
        'start',
        '-D',
        layout.dataFolder,
        '-w',
        '-t',
        String(startTimeoutMs / 1000),
        '-s',
        '-l',
        layout.startupLog,
        '-o',
        quoteForShell(`--config-file=${layout.settingsFile}`),
      ],
      tool,
    )
    if (exitCode === 0) return { ...options.credentials, host: options.socketFolder ?? '127.0.0.1', port }
    const said = saidSince(layout, position)
    if (attempt < 25 && /pre-existing shared memory block|lock file ".*" already exists/.test(said)) {
      await delay(400)
      continue
    }
    throw new AppError('database.unavailable', {
      message: `The database did not start: ${(said || output).trim().split('\n').slice(-6).join(' ').slice(0, 800)}`,
      cure: `Look into ${layout.startupLog} and ${layout.logFolder}; a full disk is the usual reason.`,
    })
  }
}

const writeSettings = (options: RunServerOptions, port: number): boolean =>
  writeServerSettings({
    layout: options.layout,
    socketFolder: options.socketFolder,
    port,
    isShared: options.tool.user !== null,
    overrides: options.settings,
  })

const connectionTo = (running: PostmasterFile, options: RunServerOptions): ServerConnection => ({
  ...options.credentials,
  host: options.socketFolder === null ? '127.0.0.1' : (running.socketFolder ?? options.socketFolder),
  port: running.port || socketPort,
})

const stuckServer = (running: PostmasterFile): AppError =>
  new AppError('database.unavailable', {
    message: `The database of an earlier start (process ${running.pid}) neither answers nor ends.`,
    cure: `Stop process ${running.pid}, then start again.`,
  })

/** pg_ctl hands its -o to a shell. */
const quoteForShell = (text: string): string => (process.platform === 'win32' ? `"${text}"` : `'${text.replaceAll("'", `'\\''`)}'`)

function freeLoopbackPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo
      server.close(() => resolve(port))
    })
  })
}
