import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import {
  AppError,
  toWireError,
  type agentReports,
  type BodyOf,
  type MeasurementId,
  type MeasurementRequest,
  type WireError,
} from '@holdfast/shared-types'
import { siblingModule } from '../runs/sibling-module.ts'
import type { MeasureAnswer } from './measure-process.ts'

type Report = BodyOf<typeof agentReports, 'host.measured'>

export interface MeasurementsOptions {
  /** Tells the hub, once. @throws when it could not, or may not, be told */
  readonly tell: (report: Report) => Promise<{ readonly goOn: boolean }>
  /** Absolute paths of what belongs to Holdfast. */
  readonly ownPlaces: readonly string[]
  /** A walk that shows nothing for so long stands before a server that is away. */
  readonly silenceMs?: number
}

/** Two people who choose sources at once; more only make each other, and a backup, slow. */
const mostAtOnce = 2
/** With those that hang. */
const mostAlive = 4

/** What this device counts for people who look, each in a process of its own that gives way to everything else. */
export class Measurements {
  readonly #options: MeasurementsOptions
  readonly #running = new Map<MeasurementId, Counting>()
  /** Processes that are there: one that hangs in the kernel before a dead server does not end when it is told to. */
  readonly #alive = new Set<Counting>()

  constructor(options: MeasurementsOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#running.size
  }

  /** The same id again is the same measurement. @throws AppError `measurement.too-many` */
  start(measurementId: MeasurementId, request: MeasurementRequest): void {
    if (this.#running.has(measurementId)) return
    if (this.#running.size >= mostAtOnce || this.#alive.size >= mostAlive) throw new AppError('measurement.too-many')
    const counting = new Counting(measurementId, request, this.#options)
    this.#running.set(measurementId, counting)
    this.#alive.add(counting)
    void counting.gone.then(() => this.#alive.delete(counting))
    void counting.ended.then(() => {
      if (this.#running.get(measurementId) === counting) this.#running.delete(measurementId)
    })
  }

  stop(measurementId: MeasurementId): boolean {
    const counting = this.#running.get(measurementId)
    counting?.stop()
    this.#running.delete(measurementId)
    return counting !== undefined
  }

  /** Nobody hears what is counted now. */
  stopAll(): void {
    for (const measurementId of this.#running.keys()) this.stop(measurementId)
  }
}

/** One measurement: its process, and the telling of its figures, one at a time and the newest first. */
class Counting {
  readonly ended: Promise<void>
  /** Its process has ended. */
  readonly gone: Promise<void>
  readonly #measurementId: MeasurementId
  readonly #options: MeasurementsOptions
  readonly #process: ChildProcess
  readonly #over = Promise.withResolvers<undefined>()
  #untold: Omit<Report, 'measurementId'> | null = null
  #isTelling = false
  #isLast = false
  #silence: NodeJS.Timeout

  constructor(measurementId: MeasurementId, request: MeasurementRequest, options: MeasurementsOptions) {
    this.#measurementId = measurementId
    this.#options = options
    this.ended = this.#over.promise
    this.#silence = this.#watchSilence()
    this.#process = fork(fileURLToPath(siblingModule(import.meta.url, 'measure-process')), {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    })
    this.#process.on('message', (answer) => this.#take(answer as MeasureAnswer))
    this.gone = new Promise((resolve) => {
      this.#process.once('exit', () => resolve())
      if (this.#process.pid === undefined) resolve()
    })
    this.#process.once('exit', () => this.#fail(new AppError('internal', { message: 'The process that counts ended unexpectedly.' })))
    this.#process.once('error', (error) => this.#fail(new AppError('internal', { cause: error })))
    // Where it could not be started there is no channel, and `error` comes.
    if (this.#process.pid === undefined) return
    this.#process.send({ request, ownPlaces: options.ownPlaces }, (error) => {
      if (error !== null) this.#fail(new AppError('internal', { cause: error }))
    })
  }

  stop(): void {
    this.#isLast = true
    this.#untold = null
    this.#end()
  }

  #take(answer: MeasureAnswer): void {
    if (this.#isLast) return
    clearTimeout(this.#silence)
    this.#silence = this.#watchSilence()
    if ('error' in answer) return this.#refuse(answer.error)
    this.#isLast = answer.sample.phase === 'done'
    this.#untold = { sample: answer.sample, error: null }
    void this.#tell()
  }

  #fail(error: AppError): void {
    if (!this.#isLast) this.#refuse(toWireError(error))
  }

  #refuse(error: WireError): void {
    this.#isLast = true
    this.#untold = { sample: null, error }
    void this.#tell()
  }

  /** While one is on its way the next one waits, and is replaced by a newer one. */
  async #tell(): Promise<void> {
    if (this.#isTelling) return
    this.#isTelling = true
    try {
      for (let report = this.#untold; report !== null; report = this.#untold) {
        this.#untold = null
        const { goOn } = await this.#options.tell({ measurementId: this.#measurementId, ...report })
        if (!goOn) this.stop()
      }
    } catch {
      // Without a link nobody looks any more, and a hub that refuses figures does not want them.
      this.stop()
    } finally {
      this.#isTelling = false
    }
    if (this.#isLast) this.#end()
  }

  #end(): void {
    clearTimeout(this.#silence)
    this.#process.kill('SIGKILL')
    this.#over.resolve(undefined)
  }

  #watchSilence(): NodeJS.Timeout {
    return setTimeout(() => this.#fail(new AppError('host.not-answering')), this.#options.silenceMs ?? 30_000).unref()
  }
}
