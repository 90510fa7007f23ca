import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { AgentId, api, AppError, HubId, UserId, type OperationId } from '@holdfast/shared-types'
import { silentLogger, type LogFields, type Logger } from '../../logging/logger.ts'
import { createAuditTrail } from '../../audit/audit-trail.ts'
import { createRequestLimits } from '../../limits/request-limits.ts'
import { createApp } from '../create-app.ts'
import type { Feature, RouteHandlers } from '../define-feature.ts'
import { createActorResolver, type AgentIdentity } from '../resolve-actor.ts'

export const hubId = HubId.parse('11111111-1111-4111-8111-111111111111')
export const agentId = AgentId.parse('22222222-2222-4222-8222-222222222222')
export const user = {
  kind: 'user',
  userId: UserId.parse('33333333-3333-4333-8333-333333333333'),
  name: 'Ada',
  role: 'admin',
  signInId: 'aa',
} as const
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const signPublicKey = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
/** The private half of the one known agent's key. */
export const agentKey = privateKey
const identity: AgentIdentity = { agentId, name: 'laptop', signPublicKey, isRevoked: false }

const device = {
  id: agentId,
  name: 'laptop',
  host: { hostname: 'laptop', os: 'linux' as const, osVersion: '', arch: 'x64', timeZone: 'UTC', cpuCount: 2, memoryBytes: 1 },
  version: '1',
  online: false,
  lastSeenAtMs: null,
  enrolledAtMs: 1,
  vaultId: '44444444-4444-4444-8444-444444444444' as never,
  domainId: '55555555-5555-4555-8555-555555555555' as never,
  lastSnapshotAtMs: null,
  lastRunStatus: null,
  waitsForKeys: false,
  tags: [],
  limits: { uploadBytesPerSecond: null, isBackground: true },
}
export const logged: (LogFields & { message: string })[] = []
const log: Logger = { ...silentLogger, error: (fields, message) => void logged.push({ ...fields, message }) }

/** The calls under test; every other one answers that it was reached. */
export const testedRoutes: RouteHandlers = {
  healthLive: async () => ({ status: 'ok', checks: {} }),
  signIn: async ({ body, ctx }) => {
    ctx.setCookie('holdfast', 'x'.repeat(43), { maxAgeMs: 1000 })
    return { id: user.userId, name: body.email, email: null, role: 'admin', hasPassword: true }
  },
  getMe: async ({ actor }) => ({
    id: actor.userId,
    name: actor.name,
    email: null,
    role: actor.role,
    hasPassword: true,
    secretColumn: 'must not leave',
  }),
  signOut: async () => ({}),
  listDevices: async ({ actor }) => ({ items: [{ ...device, name: actor.kind }] }),
  getDevice: async () => {
    throw new Error('SELECT password FROM user')
  },
  listRuns: async ({ query }) => {
    if (query.limit === 7) throw new AppError('run.already-active')
    if (query.limit === 8) throw new AppError('sign-in.throttled', { context: { retryAfterSeconds: 9 } })
    return { items: [] }
  },
  putPack: async ({ body }) => {
    await buffer(body)
    return {}
  },
  locateBlobs: async ({ body }) => Readable.from([await buffer(body)]),
  downloadFile: async () => ({
    stream: Readable.from(['<script>']),
    headers: { 'content-type': 'text/plain', 'content-disposition': 'attachment; filename="x"' },
  }),
}
const rest = Object.fromEntries(
  (Object.keys(api) as OperationId[]).filter((name) => !(name in testedRoutes)).map((name) => [name, async () => ({})]),
) as RouteHandlers
export const allFeatures: Feature[] = [
  { name: 'tested', routes: testedRoutes },
  { name: 'rest', routes: rest },
]

export interface TestApp {
  readonly origin: string
  /** Fetches a path of this app. */
  call(path: string, init?: RequestInit): Promise<Response>
  close(): void
}

interface TestAppOptions {
  readonly features?: readonly Feature[]
  readonly webRoot?: string
  readonly isRevoked?: boolean
}

export const appFor = (options: TestAppOptions, origin: () => string) =>
  createApp({
    features: options.features ?? allFeatures,
    log,
    hubVersion: '1.2.3',
    webRoot: options.webRoot ?? '/nonexistent',
    isHttps: false,
    trustProxy: false,
    checkAnswers: true,
    audit: createAuditTrail({ write: async () => undefined, log }),
    limits: createRequestLimits(0),
    publicOrigin: origin,
    newEntityManager: () => undefined as never,
    makeWay: async () => undefined,
    liveHeads: async (_, topics) => new Map(topics.map((topic, index) => [topic, index + 7])),
    actors: createActorResolver(
      {
        findApiToken: async () => null,
        findSignIn: async (token) => (token === 'good' ? user : null),
        findAgentIdentity: async (id) => (id === agentId ? { ...identity, isRevoked: options.isRevoked ?? false } : null),
      },
      hubId,
      false,
    ),
  })

/** The whole HTTP side of a hub with handlers that need no database, on a port of its own. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  let origin = ''
  const server = createServer(appFor(options, () => origin).callback())
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { origin, call: (path, init) => fetch(origin + path, init), close: () => void server.close() }
}
