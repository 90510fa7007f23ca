import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { api, UserId, type AgentId, type OperationId } from '@holdfast/shared-types'
import { createApp } from '../../../platform/http/create-app.ts'
import { createRequestLimits } from '../../../platform/limits/request-limits.ts'
import type { Feature, RouteHandlers } from '../../../platform/http/define-feature.ts'
import { createSnapshots } from '../../snapshots/index.ts'
import type { LogLine, VaultsUnderTest } from './vaults-under-test.ts'

export interface ServedVaults {
  /** A call of the API as the administrator, or as a device. */
  call(
    path: string,
    init?: {
      readonly as?: AgentId
      readonly method?: string
      readonly headers?: Record<string, string>
      readonly body?: Uint8Array
      readonly signal?: AbortSignal
    },
  ): Promise<Response>
  readonly port: number
  readonly log: readonly LogLine[]
  close(): Promise<void>
}

const user = {
  kind: 'user',
  userId: UserId.parse('33333333-3333-4333-8333-333333333333'),
  name: 'Ada',
  role: 'admin',
  signInId: 'aa',
} as const

/** Vaults and snapshots behind the hub's own HTTP stack; who calls is said by a header instead of proved. */
export async function serveVaults(world: VaultsUnderTest): Promise<ServedVaults> {
  const snapshots = createSnapshots({ vaults: world.vaults, devices: world.agents })
  const features = [world.vaults.feature, snapshots.feature]
  const log: LogLine[] = []
  const write = (level: LogLine['level']) => (fields: { readonly event: string }) => void log.push({ ...fields, level })
  let origin = ''
  const app = createApp({
    features: [...features, unanswered(features)],
    log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    hubVersion: '1',
    webRoot: '/nonexistent',
    isHttps: false,
    trustProxy: false,
    checkAnswers: true,
    audit: { around: (_, work) => work(), refused: async () => undefined },
    limits: createRequestLimits(0),
    publicOrigin: () => origin,
    newEntityManager: () => world.database.em(),
    makeWay: async () => undefined,
    liveHeads: async () => new Map(),
    actors: {
      cookieName: 'holdfast',
      resolve: async (headers) => {
        const agentId = headers['x-test-agent']
        return typeof agentId === 'string' ? { kind: 'agent', agentId: agentId as AgentId, name: 'test' } : user
      },
    },
  })
  const server = createServer(app.callback())
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  origin = `http://127.0.0.1:${port}`
  return {
    port,
    log,
    call: (path, { as, headers, ...init } = {}) =>
      fetch(`${origin}/api/v1${path}`, { ...init, headers: { ...headers, ...(as === undefined ? {} : { 'x-test-agent': as }) } }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The hub refuses to serve an API with holes: every other call answers nothing. */
function unanswered(features: readonly Feature[]): Feature {
  const answered = new Set(features.flatMap((feature) => Object.keys(feature.routes ?? {})))
  const rest = (Object.keys(api) as OperationId[]).filter((name) => !answered.has(name))
  return { name: 'rest', routes: Object.fromEntries(rest.map((name) => [name, async () => ({})])) as RouteHandlers }
}
