export type StoreOperation = 'put' | 'stage' | 'write' | 'read' | 'commit' | 'discard' | 'get' | 'head' | 'list' | 'delete' | 'makeDurable'

export interface StoreCall {
  readonly operation: StoreOperation
  /** The prefix for `list`; null for what happens to a staged object before its commit. */
  readonly key: string | null
}

export type Fault =
  /** Nothing happens but the error: `store.full` is ENOSPC, `store.io-error` EIO, `store.unavailable` (the default) the network. */
  | { readonly kind: 'fail'; readonly code?: 'store.unavailable' | 'store.full' | 'store.io-error' }
  /** It is done and told as `store.unavailable`: the answer was lost. */
  | { readonly kind: 'fail-after-success' }
  /** Half of the bytes are stored and it is told as done: a lying store. For `put` and `write`. */
  | { readonly kind: 'short-write' }
  /** Half of the bytes come, as if they were all. For `get` and `read`. */
  | { readonly kind: 'short-read' }
  /** For `get` and `read`. */
  | { readonly kind: 'flip-bit'; readonly bit: number }
  /** For `list`: what was stored lately is not there yet. */
  | { readonly kind: 'omit-from-list'; readonly omits: (key: string) => boolean }
  | { readonly kind: 'delay'; readonly delayMs: number }

/** Decides for every call, in order, whether something goes wrong with it. */
export interface FaultPlan {
  next(call: StoreCall): Fault | undefined
}

export interface ScriptedFault {
  readonly operation: StoreOperation
  /** Only calls of keys that start so. */
  readonly keyPrefix?: string
  /** The first matching call that goes wrong, counted from 1 (the default). */
  readonly from?: number
  /** How many matching calls go wrong from there on; 1 unless said otherwise. */
  readonly times?: number
  readonly fault: Fault
}

/** Faults at named calls. The first line that matches decides. */
export function scriptedFaults(script: readonly ScriptedFault[]): FaultPlan {
  const seen = script.map(() => 0)
  return {
    next(call) {
      let fault: Fault | undefined
      for (const [line, { operation, keyPrefix = '', from = 1, times = 1, fault: planned }] of script.entries()) {
        if (operation !== call.operation || !(call.key ?? '').startsWith(keyPrefix)) continue
        const count = ++seen[line]!
        if (count >= from && count < from + times) fault ??= planned
      }
      return fault
    },
  }
}

/** How often each kind of fault befalls a call it fits, 0 to 1. */
export interface FaultRates {
  readonly fail?: number
  readonly failAfterSuccess?: number
  readonly flipBit?: number
  readonly delay?: number
}

/** The same faults for the same seed and order of calls. */
export function seededFaults(seed: number, rates: FaultRates): FaultPlan {
  const next = seededRandom(seed)
  return {
    next(call) {
      // Always the same number of draws, so that one rate does not move another's faults.
      const [failDraw, afterDraw, flipDraw, delayDraw, detail] = [next(), next(), next(), next(), next()]
      if (failDraw < (rates.fail ?? 0))
        return { kind: 'fail', code: (['store.unavailable', 'store.full', 'store.io-error'] as const)[Math.floor(detail * 3)]! }
      if (afterDraw < (rates.failAfterSuccess ?? 0) && call.operation !== 'stage') return { kind: 'fail-after-success' }
      const isRead = call.operation === 'get' || call.operation === 'read'
      if (isRead && flipDraw < (rates.flipBit ?? 0)) return { kind: 'flip-bit', bit: Math.floor(detail * 2 ** 31) }
      if (delayDraw < (rates.delay ?? 0)) return { kind: 'delay', delayMs: Math.floor(detail * 5) }
      return undefined
    },
  }
}

/** Numbers from 0 to 1, the same for the same seed: mulberry32 (Tommy Ettinger), fine for tests. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A moment just before or after a change of the store. */
export interface CrashPoint extends StoreCall {
  /** 0, 1, 2, … in the order they come. */
  readonly number: number
  readonly phase: 'before' | 'after'
}

/** Stands for the end of the process that used the store. Not an EngineError: nothing may handle it as a failure. */
export class SimulatedCrash extends Error {
  readonly code = 'simulated-crash'

  constructor(point: CrashPoint) {
    super(`The test lets the process die ${point.phase} ${point.operation} (crash point ${point.number}).`)
    this.name = 'SimulatedCrash'
  }
}

/** For `onCrashPoint`: the process dies at the crash point of that number. */
export function crashAt(number: number): (point: CrashPoint) => void {
  return (point) => {
    if (point.number === number) throw new SimulatedCrash(point)
  }
}
