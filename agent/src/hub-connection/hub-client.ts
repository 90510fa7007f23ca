import { setTimeout as sleep } from 'node:timers/promises'
import type { PauseGate } from '@holdfast/engine/run-control'
import { AppError, type OperationId } from '@holdfast/shared-types'
import type { Pool } from 'undici'
import type { Discretion } from '../discretion/discretion.ts'
import type { TokenIssuer } from './agent-token.ts'
import type * as CallHub from './call-hub.ts'
import type { CallAnswer, CallInput } from './call-hub.ts'
import { trustOf, type HubPlace } from './hub-trust.ts'
import { mayPass } from './may-pass.ts'
import { callLimits, reconnectDelayMs } from './reconnect-delay.ts'
import { TriesUnderWay } from './tries-under-way.ts'
import { UploadPace } from './upload-pace.ts'

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** All tries together, but for the time in which the upload limit held them back; 0 = one try. Only calls that may be repeated are. */
  readonly patienceMs?: number
  /** Refusals that the caller deals with at once, though they may pass by themselves. */
  readonly isFinal?: (error: unknown) => boolean
  /** One try, without an answer or a byte of one. */
  readonly timeoutMs?: number
  /** Bytes of the body as they leave or of the answer as they come; a try that failed takes back what it had counted. */
  readonly onSent?: (bytes: number) => void
  readonly onReceived?: (bytes: number) => void
  /** While it is closed no pack begins to be sent; what is being sent arrives. */
  readonly gate?: PauseGate
}

/** The hub's HTTP calls as this device. */
export interface HubClient {
  /** @throws AppError of the hub's problem, or `hub.unreachable`. */
  call<Id extends OperationId>(operation: Id, input: CallInput<Id>, options?: CallOptions): Promise<CallAnswer<Id>>
  /** The network was away: no connection of before is used for anything new, and a try that moves no byte any more is made again. */
  doubt(): void
  /** What packs and snapshots may use of the line, all together, also those that are being sent. @param bytesPerSecond null = no limit */
  limitUploads(bytesPerSecond: number | null): void
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
  'listPlans',
  'listSnapshots',
  'getSnapshot',
  'listEntries',
  'putPack',
  'commitSession',
  'getSnapshotObject',
  'getSnapshotSigner',
  'locateBlobs',
  'readSegments',
])

interface HubClientOptions extends HubPlace {
  /** Null for the calls that need no identity (enrolling). */
  readonly issuer: TokenIssuer | null
  /** What may leave. */
  readonly discretion: Pick<Discretion, 'requireHarmless'>
  /** Calls at the same time; more wait. */
  readonly connections?: number
  readonly random?: () => number
  /** How long a try in doubt may be silent; ten seconds when left out, and at most. */
  readonly longestDoubtMs?: number
}

/** As it is counted while it is tried. */
type PacedCall = CallOptions & { readonly onHeldBack: (ms: number) => void }

/** A hub that has all of a large pack answers within this, unless the way to it is gone. */
const doubtMs = 10_000

export function createHubClient(options: HubClientOptions): HubClient {
  const doors = new Doors(options)
  const underWay = new TriesUnderWay()
  const random = options.random ?? Math.random
  const pace = new UploadPace()

  const tryOnce = async <Id extends OperationId>(operation: Id, input: CallInput<Id>, call: PacedCall): Promise<CallAnswer<Id>> => {
    const oneTry = async (token: string | null) => {
      const { callOnce, pool } = await doors.open()
      return underWay.during(call, (watched) =>
        callOnce(pool, operation, input, {
          ...watched,
          authorization: token === null ? null : `Bearer ${token}`,
          timeoutMs: call.timeoutMs ?? 60_000,
          ...(pacedCalls.has(operation) ? { pace } : {}),
        }),
      )
    }
    const first = await proof(options.issuer)
    try {
      return await oneTry(first)
    } catch (error) {
      if (first === null || !isRefusedProof(error)) throw error
      // Another call may have corrected the clock while this one was under way: what counts is that there is a new proof now.
      const second = await newProof(options.issuer, first, error)
      if (second === first) throw error
      return oneTry(second)
    }
  }

  return {
    async call(operation, input, call = {}) {
      options.discretion.requireHarmless(operation, input)
      const oneTry = (onHeldBack: (ms: number) => void) => tryOnce(operation, input, { ...call, onHeldBack })
      return untilAnswered(operation === 'putPack' ? inPlace(pace, call, oneTry) : oneTry, {
        patienceMs: repeatable.has(operation) ? (call.patienceMs ?? 5_000) : 0,
        signal: call.signal,
        isFinal: call.isFinal,
        random,
      })
    },
    limitUploads: (bytesPerSecond) => pace.limit(bytesPerSecond),
    doubt() {
      underWay.endSilent(Math.min(doubtMs, options.longestDoubtMs ?? doubtMs))
      doors.leave()
    },
    close: async () => {
      underWay.endAll()
      await doors.destroy()
    },
  }
}

/** The connections to the hub: those in use, and those that were left in doubt and end with the last try over them. */
class Doors {
  readonly #options: HubClientOptions
  #current: Promise<HttpDoors> | null = null
  readonly #left = new Set<Promise<HttpDoors>>()

  constructor(options: HubClientOptions) {
    this.#options = options
  }

  /** What could not be loaded is tried again with the next call. */
  open(): Promise<HttpDoors> {
    return (this.#current ??= openDoors(this.#options).catch((error: unknown) => {
      this.#current = null
      throw error
    }))
  }

  /** The next call opens others. Tries under way go on over the old ones; those that must not are ended by whoever leaves. */
  leave(): void {
    const old = this.#current
    if (old === null) return
    this.#current = null
    this.#left.add(old)
    const closed = old.then(({ pool }) => pool.close())
    // A pool that does not end in order has no connections left.
    void closed.catch(() => undefined).then(() => this.#left.delete(old))
  }

  /** Ends them all, whatever is under way: a connection that nobody answers on keeps no process alive. */
  async destroy(): Promise<void> {
    const all = [...this.#left, ...(this.#current === null ? [] : [this.#current])]
    await Promise.all(all.map((doors) => doors.then(({ pool }) => pool.destroy()).catch(() => undefined)))
  }
}

interface HttpDoors {
  readonly pool: Pool
  readonly callOnce: typeof CallHub.callOnce
}

/** Loaded with the first call: an agent that only holds its link stays some 20 MB smaller. */
async function openDoors(options: HubClientOptions): Promise<HttpDoors> {
  const [{ Pool: HttpPool }, { callOnce }] = await Promise.all([import('undici'), import('./call-hub.ts')])
  const secureContext = trustOf(options)
  return {
    callOnce,
    pool: new HttpPool(options.hubUrl, {
      connections: options.connections ?? 6,
      allowH2: false,
      connectTimeout: 10_000,
      keepAliveTimeout: 10_000,
      ...(secureContext === null ? {} : { connect: { secureContext } }),
    }),
  }
}

interface Patience {
  readonly patienceMs: number
  readonly signal: AbortSignal | undefined
  readonly isFinal: CallOptions['isFinal']
  readonly random: () => number
}

/** Tries until there is an answer, patience is over, or trying again would not help. Time in which the limit held it back costs none. */
async function untilAnswered<T>(
  tryOnce: (onHeldBack: (ms: number) => void) => Promise<T>,
  { patienceMs, signal, isFinal, random }: Patience,
): Promise<T> {
  let endsAtMs = performance.now() + patienceMs
  const onHeldBack = (ms: number): void => void (endsAtMs += ms)
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await tryOnce(onHeldBack)
    } catch (error) {
      if (!mayPass(error) || isFinal?.(error) === true) throw error
      const delayMs = reconnectDelayMs(attempt, 0.5 + random() / 2, callLimits)
      if (performance.now() + delayMs > endsAtMs) throw error
      await sleep(delayMs, undefined, signal === undefined ? {} : { signal })
    }
  }
}

/** What a device sends in bulk: an upload limit holds for it. Questions are small, and those of restores are not what is limited. */
const pacedCalls: ReadonlySet<OperationId> = new Set<OperationId>(['putPack', 'commitSession'])

/** Each try in a place of its own: one that failed lets others go first. The wait for a place costs no patience. */
function inPlace<T>(
  pace: UploadPace,
  call: CallOptions,
  tryOnce: (onHeldBack: (ms: number) => void) => Promise<T>,
): (onHeldBack: (ms: number) => void) => Promise<T> {
  return async (onHeldBack) => {
    const askedAtMs = performance.now()
    const endUpload = await beginUpload(pace, call)
    onHeldBack(performance.now() - askedAtMs)
    try {
      return await tryOnce(onHeldBack)
    } finally {
      endUpload()
    }
  }
}

/** When its run does not rest and the pace has room: who rests must not take the room of another one. */
async function beginUpload(pace: UploadPace, { gate, signal }: CallOptions): Promise<() => void> {
  for (;;) {
    await gate?.whenOpen(signal ?? neverAborted)
    const end = await pace.beginUpload(signal)
    if (gate?.isClosed !== true) return end
    end()
  }
}
const neverAborted = new AbortController().signal

const proof = async (issuer: TokenIssuer | null): Promise<string | null> => (issuer === null ? null : issuer.token())
const isRefusedProof = (error: unknown): error is AppError => error instanceof AppError && error.context['status'] === 401

/**
 * A device whose clock is far off signs tokens that are not valid: the hub's own time, in every answer, mends that. So does a new token
 * where clocks were set right since the refused one was made.
 */
async function newProof(issuer: TokenIssuer | null, refused: string, error: AppError): Promise<string | null> {
  issuer?.discard(refused)
  const hubTimeMs = error.context['hubTimeMs']
  if (typeof hubTimeMs === 'number') issuer?.correctClock(hubTimeMs)
  return proof(issuer)
}
