import { decodeUtf8Lossy, isValidUtf8 } from '@holdfast/engine/bytes'
import { isEngineError, type EngineErrorCode } from '@holdfast/engine/errors'
import type { PauseGate } from '@holdfast/engine/run-control'
import type { RunProgressSample, RunResult } from '@holdfast/shared-types'
import { AppError, toWireError } from '@holdfast/shared-types/errors'
import { toContractCode } from '../errors/engine-error-codes.ts'
import { toAppError } from '../errors/to-app-error.ts'
import type { HubPort } from './hub-port.ts'
import type { LogEntry, RunEnd, RunOrder } from './worker-messages.ts'

const keptWarnings = 1000
const sampleEveryMs = 250

type Figures = Omit<RunProgressSample, 'elapsedMs' | 'warnings' | 'bytesStored'>

const nothingYet: Figures = {
  phase: 'preparing',
  filesDone: 0,
  bytesDone: 0,
  filesTotal: null,
  bytesTotal: null,
  filesRead: 0,
  bytesRead: 0,
  currentPath: null,
}

/** What every kind of run has in its worker: the order, the way to the hub, and a mouth. */
export class RunContext {
  readonly order: RunOrder
  readonly hub: HubPort
  readonly startedAtMs = Date.now()
  readonly #started = performance.now()
  #figures = nothingYet
  #lastSampleMs = -Infinity
  #warningCount = 0

  constructor(order: RunOrder, hub: HubPort) {
    this.order = order
    this.hub = hub
  }

  get signal(): AbortSignal {
    return this.hub.cancelled
  }

  get gate(): PauseGate {
    return this.hub.gate
  }

  get warningCount(): number {
    return this.#warningCount
  }

  log(event: string, message: string, level: LogEntry['level'] = 'info'): void {
    this.hub.log({ atMs: Date.now(), level, event, message, path: null })
  }

  /** The same about a path. */
  logOf(path: Uint8Array, event: string, message: string): void {
    this.hub.log({ atMs: Date.now(), level: 'info', event, message, path: decodeUtf8Lossy(path) })
  }

  /** Something did not go as it should; the run goes on. @param path raw bytes, null where it is about no path. */
  warn(path: Uint8Array | null, code: string, message: string): void {
    this.#warningCount += 1
    if (this.#warningCount === keptWarnings + 1)
      this.log('warnings.bounded', `More than ${keptWarnings} warnings: the others are only counted.`, 'warn')
    if (this.#warningCount > keptWarnings) return
    const text = path === null ? '' : decodeUtf8Lossy(path)
    this.hub.warning({
      path: text,
      ...(path === null || isValidUtf8(path) ? {} : { pathBase64: Buffer.from(path).toString('base64') }),
      code,
      message,
    })
    this.hub.log({ atMs: Date.now(), level: 'warn', event: 'run.warning', message, path: path === null ? null : text })
  }

  /** The same for what the engine tells of a path. */
  warnOf(path: Uint8Array, code: EngineErrorCode, message: string): void {
    this.warn(path, toContractCode[code], message)
  }

  /** Takes new figures; at most four samples a second go out, and one for each new phase. */
  progress(figures: Partial<Omit<Figures, 'currentPath'>> & { readonly currentPath?: Uint8Array | null }): void {
    const { currentPath, ...rest } = figures
    const entersPhase = rest.phase !== undefined && rest.phase !== this.#figures.phase
    const path =
      currentPath === undefined ? this.#figures.currentPath : currentPath === null ? null : decodeUtf8Lossy(currentPath).slice(0, 4096)
    this.#figures = { ...this.#figures, ...rest, currentPath: path }
    const nowMs = performance.now()
    if (!entersPhase && nowMs - this.#lastSampleMs < sampleEveryMs) return
    this.#lastSampleMs = nowMs
    this.hub.progress({ ...this.#figures, bytesStored: 0, warnings: this.#warningCount, elapsedMs: Math.round(nowMs - this.#started) })
  }

  /** Ended as it was meant to, or with a result that a person has to look at. */
  ended(outcome: 'succeeded' | 'warning', result: RunResult): RunEnd {
    return { outcome, result, error: null, warningCount: this.#warningCount }
  }

  /** @param result what was done nevertheless. */
  failed(error: unknown, result: RunResult | null = null): RunEnd {
    const isCancelled =
      this.signal.aborted &&
      (isEngineError(error, 'cancelled') ||
        (error instanceof AppError && error.code === 'run.cancelled') ||
        (error instanceof Error && error.name === 'AbortError'))
    if (isCancelled) return { outcome: 'cancelled', result, error: null, warningCount: this.#warningCount }
    return { outcome: 'failed', result, error: toWireError(toAppError(error)), warningCount: this.#warningCount }
  }
}
