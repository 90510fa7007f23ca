import { decodeUtf8Lossy, isValidUtf8 } from '@holdfast/engine/bytes'
import { isEngineError, type EngineErrorCode } from '@holdfast/engine/errors'
import type { PauseGate } from '@holdfast/engine/run-control'
import type { RunProgressSample, RunResult, RunWarning } from '@holdfast/shared-types'
import { AppError, toWireError } from '@holdfast/shared-types/errors'
import type { RunEvent } from '../discretion/run-events.ts'
import { toContractCode } from '../errors/engine-error-codes.ts'
import { toAppError } from '../errors/to-app-error.ts'
import type { LogEntry, RunEnd } from './worker-messages.ts'

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

/** Where a run tells how it goes, and hears that it is to stop or rest. */
export interface RunEar {
  /** Aborts when the run is to stop. */
  readonly cancelled: AbortSignal
  /** Closed while the run is to rest. */
  readonly gate: PauseGate
  log(entry: LogEntry): void
  /** The first 1,000 only. */
  warning(warning: RunWarning): void
  progress(sample: RunProgressSample): void
}

/** What every kind of run has to tell: counts warnings, paces figures, and makes the end of it all. */
export class RunVoice {
  readonly #ear: RunEar
  readonly #started = performance.now()
  #figures = nothingYet
  #lastSampleMs = -Infinity
  #warningCount = 0

  constructor(ear: RunEar) {
    this.#ear = ear
  }

  get signal(): AbortSignal {
    return this.#ear.cancelled
  }

  get gate(): PauseGate {
    return this.#ear.gate
  }

  get warningCount(): number {
    return this.#warningCount
  }

  log(event: RunEvent, message: string, level: LogEntry['level'] = 'info'): void {
    this.#ear.log({ atMs: Date.now(), level, event, message, path: null })
  }

  /** The same about a path. */
  logOf(path: Uint8Array, event: RunEvent, message: string): void {
    this.#ear.log({ atMs: Date.now(), level: 'info', event, message, path: decodeUtf8Lossy(path) })
  }

  /** Something did not go as it should; the run goes on. @param path raw bytes, null where it is about no path. */
  warn(path: Uint8Array | null, code: string, message: string): void {
    this.#warningCount += 1
    if (this.#warningCount === keptWarnings + 1)
      this.log('warnings.bounded', `More than ${keptWarnings} warnings: the others are only counted.`, 'warn')
    if (this.#warningCount > keptWarnings) return
    const text = path === null ? '' : decodeUtf8Lossy(path)
    this.#ear.warning({
      path: text,
      ...(path === null || isValidUtf8(path) ? {} : { pathBase64: Buffer.from(path).toString('base64') }),
      code,
      message,
    })
    this.#ear.log({ atMs: Date.now(), level: 'warn', event: 'run.warning', message, path: path === null ? null : text })
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
    this.#ear.progress({ ...this.#figures, bytesStored: 0, warnings: this.#warningCount, elapsedMs: Math.round(nowMs - this.#started) })
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
