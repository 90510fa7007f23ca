import { adminSocketPath } from '../admin-socket/admin-socket-path.ts'
import { serveAdminSocket, type AdminSocket } from '../admin-socket/serve-admin-socket.ts'
import type { Hub } from '../hub.ts'
import { readTlsCertificate } from '../platform/http/tls-certificate.ts'
import type { LogFile } from '../platform/logging/log-file.ts'
import { listenForStopRequests, type StopRequests } from '../platform/lifecycle/stop-requests.ts'
import { adminHandlers } from './admin-handlers.ts'
import type { CliContext } from './cli-context.ts'
import { alreadyRunning, holdDataFolder, type HeldDataFolder } from './hold-data-folder.ts'
import { closeDatabaseServer, closeHub, openDatabaseServer, openHub, type DatabaseServer } from './open-hub.ts'
import { readyHub, readyLines } from './ready-hub.ts'

export interface StartOptions {
  readonly exitWithParent: boolean
}

/**
 * The parts of a stop, in milliseconds: 9 + 1 + 4 s in order, up to 5 s for a database that has to be cut short, half a second for what
 * nobody foresaw. Nothing of a hub may be left 20 s after it was asked to stop.
 */
const stopPace = { hubMs: 9000, adminSocketMs: 1000, databaseMs: 4000 }
const stopDeadlineMs = 19_500

/** What a hub stands on, as far as it was brought up. */
interface Standing {
  server: DatabaseServer | null
  hub: Hub | null
  door: AdminSocket | null
  /** Why it has to end though nobody asked. */
  fatal: Error | null
}

/** Runs the hub until it is asked to stop. */
export async function startCommand(context: CliContext, options: StartOptions): Promise<void> {
  // Read again when the hub is made; looked at here, so that a wrong file is told before a database starts.
  if (context.config.tls !== null) readTlsCertificate(context.config.tls)
  const requests = listenForStopRequests(options)
  const held = await holdDataFolder(context, 'hub')
  if ('holder' in held) throw alreadyRunning(held.holder)
  const logFile = context.keepLog(held.folder.logsFolder)
  const standing: Standing = { server: null, hub: null, door: null, fatal: null }
  armDeadline(context, requests, standing)
  try {
    await bringUp(context, { held, logFile }, requests, standing)
    context.log.info({ event: 'hub.stopping', reason: await requests.asked }, 'Stopping')
  } catch (error) {
    // What a stop interrupts fails as it should.
    if (!requests.signal.aborted || standing.fatal !== null) standing.fatal ??= toError(error)
  } finally {
    held.lock.update({ isStopping: true })
    await bringDown(context, requests, standing)
    held.lock.release()
    context.log.info({ event: 'hub.stopped' }, 'Stopped')
    logFile.close()
  }
  if (standing.fatal !== null) throw standing.fatal
}

interface Ground {
  readonly held: HeldDataFolder
  readonly logFile: LogFile
}

async function bringUp(context: CliContext, { held, logFile }: Ground, requests: StopRequests, standing: Standing): Promise<void> {
  const onFatal = (error: Error) => {
    standing.fatal ??= error
    requests.request('failure')
  }
  const options = { held, onFatal, signal: requests.signal, logFile }
  standing.server = await openDatabaseServer(context, options)
  if (requests.signal.aborted) return
  standing.hub = await openHub(context, standing.server, options)
  if (requests.signal.aborted) return
  await standing.hub.listen()
  held.lock.update({ address: standing.hub.origin })
  const socketPath = adminSocketPath(held.folder.runFolder)
  const handlers = adminHandlers(standing.hub, context.config, () => requests.request('admin'))
  standing.door = await serveAdminSocket({ socketPath, handlers, log: context.log })
  held.lock.update({ adminSocket: socketPath })
  const ready = readyHub(await handlers.status({}), await standing.hub.signInLink())
  context.answer(ready, readyLines(ready))
}

/** Stop accepting → sockets, features, database connections → admin socket → Postgres. */
async function bringDown({ log }: CliContext, requests: StopRequests, standing: Standing): Promise<void> {
  const pace = { ...stopPace, hurry: requests.hurry }
  if (standing.hub) await closeHub(standing.hub, log, pace)
  await standing.door?.close(requests.hurry.aborted ? 0 : pace.adminSocketMs)
  if (standing.server) await closeDatabaseServer(standing.server, pace)
}

/** The end of all patience: whatever hangs is left to the watchdog of the database and to the end of this process. */
function armDeadline(context: CliContext, requests: StopRequests, standing: Standing): void {
  const expire = () => {
    context.log.error({ event: 'hub.stop-timed-out' }, 'The hub did not stop in time and ends at once')
    standing.server?.embedded?.abandon()
    process.exit(1)
  }
  requests.signal.addEventListener('abort', () => setTimeout(expire, stopDeadlineMs).unref(), { once: true })
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
