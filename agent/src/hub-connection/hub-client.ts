import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, type OperationId } from '@holdfast/shared-types'
import type { Pool } from 'undici'
import type { TokenIssuer } from './agent-token.ts'
import type * as CallHub from './call-hub.ts'
import type { CallAnswer, CallInput } from './call-hub.ts'
import { mayPass } from './may-pass.ts'
import { callLimits, reconnectDelayMs } from './reconnect-delay.ts'

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** All tries together; 0 = one try. Only calls that may be repeated are. */
  readonly patienceMs?: number
  /** One try, without an answer or a byte of one. */
  readonly timeoutMs?: number
  /** Bytes of the body as they leave or of the answer as they come; a try that failed takes back what it had counted. */
  readonly onSent?: (bytes: number) => void
  readonly onReceived?: (bytes: number) => void
}

/** The hub's HTTP calls as this device. */
export interface HubClient {
  /** @throws AppError of the hub's problem, or `hub.unreachable`. */
  call<Id extends OperationId>(operation: Id, input: CallInput<Id>, options?: CallOptions): Promise<CallAnswer<Id>>
  close(): Promise<void>
}

/** Asking twice does no more than asking once: the same pack, snapshot or question again. */
const repeatable: ReadonlySet<OperationId> = new Set<OperationId>([
  'getDevice',
  'listDevices',
  'getRun',
  'listRuns',
  'getRunLog',
  'cancelRun',
  'listSnapshots',
  'getSnapshot',
  'listEntries',
  'putPack',
  'commitSession',
  'getSnapshotObject',
  'locateBlobs',
  'readSegments',
])

interface HubClientOptions {
  readonly hubUrl: string
  /** Null for the calls that need no identity (enrolling). */
  readonly issuer: TokenIssuer | null
  /** Calls at the same time; more wait. */
  readonly connections?: number
  readonly random?: () => number
}

export function createHubClient(options: HubClientOptions): HubClient {
  let doors: Promise<HttpDoors> | null = null
  const random = options.random ?? Math.random
  const authorization = async (): Promise<string | null> => (options.issuer === null ? null : `Bearer ${await options.issuer.token()}`)

  const tryOnce = async <Id extends OperationId>(operation: Id, input: CallInput<Id>, call: CallOptions): Promise<CallAnswer<Id>> => {
    const { callOnce, pool } = await (doors ??= openDoors(options))
    const oneTry = async () =>
      callOnce(pool, operation, input, { ...call, authorization: await authorization(), timeoutMs: call.timeoutMs ?? 60_000 })
    try {
      return await oneTry()
    } catch (error) {
      if (!correctedClock(options.issuer, error)) throw error
      return oneTry()
    }
  }

  return {
    async call(operation, input, call = {}) {
      const endsAtMs = performance.now() + (repeatable.has(operation) ? (call.patienceMs ?? 5_000) : 0)
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await tryOnce(operation, input, call)
        } catch (error) {
          if (!mayPass(error)) throw error
          const delayMs = reconnectDelayMs(attempt, 0.5 + random() / 2, callLimits)
          if (performance.now() + delayMs > endsAtMs) throw error
          await sleep(delayMs, undefined, call.signal === undefined ? {} : { signal: call.signal })
        }
      }
    },
    close: async () => {
      await (await doors)?.pool.destroy()
    },
  }
}

interface HttpDoors {
  readonly pool: Pool
  readonly callOnce: typeof CallHub.callOnce
}

/** Loaded with the first call: an agent that only holds its link stays some 20 MB smaller. */
async function openDoors(options: HubClientOptions): Promise<HttpDoors> {
  const [{ Pool: HttpPool }, { callOnce }] = await Promise.all([import('undici'), import('./call-hub.ts')])
  return {
    callOnce,
    pool: new HttpPool(options.hubUrl, {
      connections: options.connections ?? 6,
      allowH2: false,
      connectTimeout: 10_000,
      keepAliveTimeout: 10_000,
    }),
  }
}

/**
 * A device whose clock is far off signs tokens that are not valid: the hub's own time, in every answer, mends that. What counts is the
 * clock as it was corrected before, for a clock that has been set right since is wrong by that correction.
 */
function correctedClock(issuer: TokenIssuer | null, error: unknown): boolean {
  if (issuer === null || !(error instanceof AppError) || error.context['status'] !== 401) return false
  const hubTimeMs = error.context['hubTimeMs']
  return typeof hubTimeMs === 'number' && issuer.correctClock(hubTimeMs)
}
