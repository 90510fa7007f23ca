import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { HubConfig } from './config/config-schema.ts'
import type { Hub, HubOptions } from './hub.ts'
import { migrations } from './migrations/index.ts'
import { joinTransaction } from './platform/audit/audit-trail.ts'
import { openDatabase, type Database } from './platform/database/database.ts'
import { takeHubLock, type HubLock } from './platform/database/hub-lock.ts'
import { createApp } from './platform/http/create-app.ts'
import type { Feature } from './platform/http/define-feature.ts'
import { createHttpServer, type HttpServer } from './platform/http/http-server.ts'
import { KeptCertificate } from './platform/http/kept-certificate.ts'
import { createActorResolver, cookieNameFor, type ActorResolver, type IdentitySource } from './platform/http/resolve-actor.ts'
import type { Jobs } from './platform/jobs/jobs.ts'
import type { HubServices } from './platform/services.ts'
import { entities } from './wiring/entities.ts'
import { adminCommandsOf, runAdminCommand } from './wiring/admin-commands.ts'
import { startFeatures, startJobs, stopFeatures } from './wiring/feature-life.ts'
import { wireFeatures, type WiredFeatures } from './wiring/features.ts'
import { makeGuards, type Guards } from './wiring/make-guards.ts'
import { makeServices } from './wiring/make-services.ts'
import { openSockets, type OpenSockets } from './wiring/open-sockets.ts'

/** Running from sources: what leaves the hub is checked by the contract too, so that a wrong answer is loud. */
const isDevelopment = import.meta.filename.endsWith('.ts')
const packageVersion = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version
const builtWebApp = fileURLToPath(new URL('../../web/dist', import.meta.url))

/** Requests under way at the end get this long; a pack that is cut is sent again. */
const requestGraceMs = 3000
const pruneEveryMs = 3_600_000
const checkSignInsEveryMs = 60_000
const lookForEventsEveryMs = 10_000

/**
 * Opens the database, starts the features and makes everything ready to listen.
 *
 * @throws AppError `hub.already-running`, `database.unavailable`, `vault.*`, `store.*`; nothing is left open then
 */
export async function createHub(options: HubOptions): Promise<Hub> {
  const { connection, log } = options
  const fatal = (error: Error): void => {
    log.error({ event: 'hub.fatal', err: error }, 'The hub cannot go on')
    options.onFatal?.(error)
  }
  const lock = await takeHubLock({ connection, log, onLost: fatal })
  let database: Database | null = null
  try {
    database = await openDatabase({ connection, entities, migrations, log, onTransaction: joinTransaction })
    return await assemble(options, { database, lock, fatal })
  } catch (error) {
    await database?.close()
    await lock.release()
    throw error
  }
}

interface Ground extends Pick<HubServices, 'fatal'> {
  readonly database: Database
  readonly lock: HubLock
}

async function assemble(options: HubOptions, { database, lock, fatal }: Ground): Promise<Hub> {
  const { config, log } = options
  const now = options.now ?? Date.now
  const isHttps = config.tls !== null || (config.publicUrl?.startsWith('https:') ?? false)
  const certificate = config.tls === null ? null : new KeptCertificate({ files: config.tls, log })
  const http = createHttpServer(certificate)
  const origin = (): string => config.publicUrl ?? listeningOrigin(config, http.port)
  const services = await makeServices(options, database, { fatal, now, origin, checkBodies: isDevelopment })
  const guards = makeGuards(services)
  const wired = wireFeatures(services, {
    audit: guards.audit,
    hubVersion: packageVersion,
    cookieName: cookieNameFor(isHttps),
    resolveActor: (headers, address) => actors.resolve(headers, address),
    logFile: options.logFile ?? null,
    certificate,
  })
  const identities = identitiesOf(wired)
  const actors = createActorResolver(identities, services.hubId, isHttps)
  const app = makeApp(options, { services, wired, actors, guards, isHttps })
  http.onRequest(app.callback())
  const sockets = openSockets({
    services,
    wired,
    identities,
    actors,
    guards,
    http,
    hubVersion: packageVersion,
    checkAnswers: isDevelopment,
  })
  await startFeatures(wired.list)
  services.diskSpace.start()
  const timers = startTimers(services, sockets)

  let closing: Promise<void> | null = null
  const commands = adminCommandsOf(wired.list)
  return {
    hubId: services.hubId,
    get origin() {
      return origin()
    },
    get port() {
      return http.port
    },
    async listen() {
      await http.listen(config.host, config.port)
      // A command that opens a hub for its own duration does no nightly work.
      await startJobs(services, wired.list)
      log.info({ event: 'hub.listening', origin: origin(), hubId: services.hubId, version: packageVersion }, 'Hub listens')
    },
    admin: (command, input) =>
      runAdminCommand(commands, { database, diskSpace: services.diskSpace, audit: guards.audit }, { name: command, input }),
    adminCommands: [...commands.keys()],
    signInLink: () => wired.auth.signInLink(),
    close: () => (closing ??= closeInOrder({ timers, http, sockets, jobs: services.jobs, services, features: wired.list, database, lock })),
  }
}

interface OpenParts {
  readonly timers: readonly NodeJS.Timeout[]
  readonly http: HttpServer
  readonly sockets: OpenSockets
  readonly jobs: Jobs
  readonly features: readonly Feature[]
  readonly services: HubServices
  readonly database: Database
  readonly lock: HubLock
}

async function closeInOrder({
  timers,
  http,
  sockets,
  jobs,
  features,
  services: { log, diskSpace },
  database,
  lock,
}: OpenParts): Promise<void> {
  for (const timer of timers) clearInterval(timer)
  const httpClosed = http.close(requestGraceMs)
  const jobsStopped = jobs.stop()
  for (const feature of features) feature.letGo?.()
  await sockets.close()
  await Promise.all([httpClosed, jobsStopped])
  await stopFeatures(features, log)
  await diskSpace.stop()
  await database.close()
  await lock.release()
}

interface AppParts {
  readonly services: HubServices
  readonly wired: WiredFeatures
  readonly actors: ActorResolver
  readonly guards: Guards
  readonly isHttps: boolean
}

const makeApp = ({ config, log, webRoot }: HubOptions, { services, wired, actors, guards, isHttps }: AppParts) =>
  createApp({
    log,
    actors,
    ...guards,
    newEntityManager: () => services.database.em(),
    makeWay: () => services.diskSpace.makeWay(),
    liveHeads: (em, topics) => services.live.heads(em, topics),
    isHttps,
    features: wired.list,
    checkAnswers: isDevelopment,
    hubVersion: packageVersion,
    webRoot: webRoot ?? builtWebApp,
    trustProxy: config.trustProxy,
    publicOrigin: services.origin,
  })

/** Where the platform learns who somebody is. */
const identitiesOf = ({ auth, apiTokens, agents }: WiredFeatures): IdentitySource => ({
  findSignIn: (token, address) => auth.findSignIn(token, address),
  findApiToken: (token, address) => apiTokens.findApiToken(token, address),
  findAgentIdentity: (agentId) => agents.findAgentIdentity(agentId),
})

/** `http://` or `https://`, and what the hub listens on, as a person on this machine would type it. */
function listeningOrigin({ host, port, tls }: HubConfig, actualPort: number): string {
  const isEverywhere = host === '0.0.0.0' || host === '::'
  const name = isEverywhere ? '127.0.0.1' : host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  return new URL(`${tls === null ? 'http' : 'https'}://${name}:${actualPort === 0 ? port : actualPort}`).origin
}

function startTimers({ live, feeds, log }: HubServices, sockets: OpenSockets): NodeJS.Timeout[] {
  const every = (intervalMs: number, what: string, work: () => Promise<unknown>): NodeJS.Timeout =>
    setInterval(() => {
      work().catch((error: unknown) =>
        log.warn({ event: 'timer.failed', operation: what, err: error }, 'Regular work failed; it is tried again'),
      )
    }, intervalMs).unref()
  return [
    every(pruneEveryMs, 'prune-live-events', () => live.prune()),
    every(checkSignInsEveryMs, 'check-sign-ins', () => sockets.cutEndedSignIns()),
    every(lookForEventsEveryMs, 'look-for-live-events', async () => feeds.lookAgain()),
  ]
}
