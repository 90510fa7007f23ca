import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker, type ResourceLimits } from 'node:worker_threads'
import { HeldDescriptors, PauseGate } from '@holdfast/engine/run-control'
import { AppError, toWireError, type RunProgressSample, type RunState, type RunWarning } from '@holdfast/shared-types'
import type { Logger } from 'pino'
import type { MemoryProfile } from '../config/agent-config.ts'
import { toAppError } from '../errors/to-app-error.ts'
import type { Outbox } from '../hub-connection/outbox.ts'
import type { VaultTrust } from '../identity/vault-trust.ts'
import type { OwnRunLog } from '../logging/own-run-log.ts'
import type { UsedSelections } from '../state/used-selections.ts'
import { answerHubCall, type CallContext, type HubDoors } from './answer-hub-call.ts'
import { isProgress } from './is-progress.ts'
import { dutyOnProgress, type ProgressDuty } from './run-duty.ts'
import { RunLog } from './run-log.ts'
import { siblingModule } from './sibling-module.ts'
import { StoreWait } from './store-wait.ts'
import type { FromWorker, LogEntry, RunEnd, RunOrder, ToWorker, WorkerStart } from './worker-messages.ts'

/** A worker that was told to stop gets this long, more than it takes itself to let go of a backup; then its thread is ended. Cancelling takes 5 s at most (docs/agent-protocol.md). */
const stopGraceMs = 4_000
/** An end is told once its thread is gone: a hub that knows it may offer the next run at once. One that hangs makes nobody wait. */
const threadGraceMs = 2_000
const tickMs = 250
const keptWarnings = 1000
/** All of a report goes into one message, which the link bounds at 1 MB. */
const keptWarningBytes = 500_000
/** The hub counts on a run for one lease; what happens during a second one may still settle it. */
const leasesOfPatience = 2
const leastPatienceMs = 30_000
const restToldEveryMs = 30_000

/** Why a run ends early. `dropped`: the hub no longer counts on it, nothing is told. `stopping`: this process ends. */
export type StopReason = 'cancelled' | 'dropped' | 'stopping'

/**
 * V8 lets the young part of a heap grow to 48 MB and more before it looks for garbage: half of that takes 50 MB less and no more CPU
 * (docs/performance.md, memory of the agent). The rest of a heap is as large as a run needs.
 */
const heapLimits = { normal: { maxYoungGenerationSizeMb: 24 }, small: { maxYoungGenerationSizeMb: 3 } } as const satisfies Record<
  MemoryProfile,
  ResourceLimits
>

export interface RunInHandOptions extends HubDoors {
  readonly order: RunOrder
  readonly leaseMs: number
  readonly outbox: Outbox
  readonly trust: Pick<VaultTrust, 'accept'>
  readonly selections: Pick<UsedSelections, 'use' | 'end'>
  /** What only the person at the device is told. */
  readonly ownLog: Pick<OwnRunLog, 'note' | 'warning' | 'end'>
  readonly log: Logger
}

/** One run from its acceptance to its report: a worker thread does the work, this thread does link, HTTP and the report. */
export class RunInHand {
  readonly order: RunOrder
  /** Resolves when nothing more is to be told of it: its report durable, or dropped. Never rejects. */
  readonly reported: Promise<void>
  /** Resolves when the run is out of hand: reported, and its thread gone. One that waits for a dead disk may never be. Never rejects. */
  readonly ended: Promise<void>
  readonly #options: RunInHandOptions
  readonly #worker: Worker
  readonly #descriptors = new HeldDescriptors()
  readonly #runLog: RunLog
  readonly #stopping = new AbortController()
  /** A commit that is under way is not waited for any more. */
  readonly #leaving = new AbortController()
  readonly #warnings: RunWarning[] = []
  #warningBytes = 0
  readonly #startedAtMs = performance.now()
  #end: ((end: RunEnd) => void) | null = null
  #stop: StopReason | null = null
  #isCancelled = false
  #state: RunState = 'running'
  /** As the worker said it, the bytes that went or came added. */
  #sample: RunProgressSample | null = null
  #toldSample: RunProgressSample | null = null
  #transferredBytes = 0
  #sampleUnderWay = false
  readonly #gate = new PauseGate()
  readonly #storeWait = new StoreWait({ onChange: (refusal) => this.#noteWaiting(refusal) })
  /** Code of what it waits for before it can store more. */
  #waitsFor: string | null = null
  /** As it was last told, and when. */
  #toldRest = ''
  #toldAtMs = 0
  #isUnknown = false
  #isHanging = false
  #isThreadGone = false

  constructor(options: RunInHandOptions) {
    this.#options = options
    this.order = options.order
    this.#runLog = new RunLog({ runId: options.order.runId, fence: options.order.fence }, (report) => options.outbox.add('run.log', report))
    const start: WorkerStart = { order: options.order, descriptors: this.#descriptors.memory }
    this.#worker = new Worker(siblingModule(import.meta.url, 'run-worker'), {
      workerData: start,
      name: `holdfast-${options.order.request.kind}`,
      resourceLimits: heapLimits[options.order.memory],
    })
    const { promise: reported, resolve: tellReported } = Promise.withResolvers<undefined>()
    this.reported = reported
    this.ended = this.#live(() => tellReported(undefined))
  }

  get state(): RunState {
    return this.#state
  }

  /** What it worked on is free for the next run, also while its report is still being made durable. */
  get isThreadGone(): boolean {
    return this.#isThreadGone
  }

  /**
   * Asks the worker to stop; the first reason counts, but that this process ends, or that nobody counts on the run, is more than a cancel. A
   * snapshot whose commit was asked for is not taken back.
   */
  stop(reason: StopReason): void {
    if (this.#stop !== null && (this.#stop !== 'cancelled' || reason === 'cancelled')) return
    this.#stop = reason
    this.#isCancelled ||= reason === 'cancelled'
    this.#stopping.abort(new AppError('run.cancelled'))
    this.#send({ kind: 'cancel' })
    setTimeout(() => {
      // It ended in time, and only its report is under way.
      if (this.#end === null) return
      if (this.#state === 'committing' && reason === 'cancelled') return
      this.#isHanging = true
      // Whether the snapshot exists is not known here: the hub says so, at the next hello.
      this.#isUnknown = this.#state === 'committing'
      this.#leaving.abort(new AppError('run.cancelled'))
      this.#finish({ outcome: 'cancelled', result: null, error: null, warningCount: this.#warnings.length })
    }, stopGraceMs).unref()
  }

  /** Lets it rest between two steps, or go on; what is on its way arrives. */
  pause(isPaused: boolean): void {
    if (isPaused) this.#gate.close()
    else this.#gate.open()
    this.#send({ kind: 'pause', isPaused })
    void this.#tellProgress()
  }

  async #live(tellReported: () => void): Promise<void> {
    // A worker that waits for a slow link has no figures of its own, but bytes move.
    const ticking = setInterval(() => void this.#tellProgress(), tickMs)
    const end = await new Promise<RunEnd>((resolve) => {
      this.#end = resolve
      this.#worker.on('message', (message: FromWorker) => this.#take(message))
      this.#worker.on('error', (error) => this.#crash(error))
      this.#worker.on('exit', () => this.#crash(new AppError('internal', { message: 'It ended without a word.' })))
    })
    clearInterval(ticking)
    // What a failed or crashed run still has to send helps nobody enough to keep its end waiting, or the line from the next run.
    this.#stopping.abort(new AppError('run.cancelled'))
    const terminated = this.#worker.terminate().then(() => {
      // One that was ended hard has closed nothing; what it had open by Node, Node has closed by now.
      this.#descriptors.closeLeft()
      this.#isThreadGone = true
    })
    if (!this.#isHanging) await Promise.race([terminated, sleep(threadGraceMs, undefined, { ref: false })])
    await this.#report(this.#honest(end))
    tellReported()
    // A thread that is being ended may still be in a call; the next run of the same source must not meet it.
    await terminated
  }

  #finish(end: RunEnd): void {
    this.#end?.(end)
    this.#end = null
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'call':
        void this.#answer(message)
        break
      case 'progress':
        this.#sample = message.sample
        void this.#tellProgress()
        break
      case 'log':
        this.#note(message.entry)
        break
      case 'warning':
        this.#keep(message.warning)
        break
      case 'end':
        this.#finish(message.end)
        break
    }
  }

  #note(entry: LogEntry): void {
    this.#runLog.add(entry)
    this.#options.ownLog.note(entry)
  }

  #keep(warning: RunWarning): void {
    this.#options.ownLog.warning(warning)
    const bytes = Buffer.byteLength(JSON.stringify(warning))
    if (this.#warnings.length >= keptWarnings || this.#warningBytes + bytes > keptWarningBytes) return
    this.#warnings.push(warning)
    this.#warningBytes += bytes
  }

  async #answer({ call, name, ask }: FromWorker & { kind: 'call' }): Promise<void> {
    if (name === 'session.commit') this.#state = 'committing'
    try {
      const answer = await answerHubCall(this.#callContext(), name, ask)
      this.#send({ kind: 'answer', call, answer }, ownedBuffer(answer))
    } catch (error) {
      const known = toAppError(error)
      this.#send({ kind: 'refusal', call, error: toWireError(known) })
    }
  }

  #callContext(): CallContext {
    const { link, client, trust, selections, order, leaseMs } = this.#options
    return {
      link,
      client,
      trust,
      selections,
      runId: order.runId,
      fence: order.fence,
      vaultId: order.vaultId,
      patienceMs: Math.max(leastPatienceMs, leaseMs * leasesOfPatience),
      signal: this.#stopping.signal,
      commitSignal: this.#leaving.signal,
      gate: this.#gate,
      storeWait: this.#storeWait,
      onTransfer: (bytes) => {
        this.#transferredBytes += bytes
      },
    }
  }

  /** Sent only while it shows that the run moves on: a worker that hangs must look like one. One sample under way at a time. */
  async #tellProgress(): Promise<void> {
    const { link, order } = this.#options
    if (this.#sampleUnderWay || this.#sample === null || link.state.state !== 'connected') return
    const sample = { ...this.#sample, bytesStored: this.#transferredBytes, elapsedMs: Math.round(performance.now() - this.#startedAtMs) }
    const isPaused = this.#gate.isClosed
    const waitsFor = this.#waitsFor
    if (!isProgress(this.#toldSample, sample) && !this.#isRestToTell()) return
    this.#toldSample = sample
    this.#toldRest = this.#rest
    this.#toldAtMs = performance.now()
    this.#sampleUnderWay = true
    try {
      const answer = await link.send(
        {
          v: 1,
          id: randomUUID(),
          type: 'run.progress',
          sentAtMs: Date.now(),
          body: { runId: order.runId, fence: order.fence, sample, isPaused, ...(waitsFor === null ? {} : { waitsFor }) },
        },
        10_000,
      )
      this.#obey(dutyOnProgress(answer))
    } catch (error) {
      // Lossy on purpose: the next sample says more than this one did. But a refusal may mean that nobody counts on this run.
      if (error instanceof AppError) this.#obey(dutyOnProgress({ refusal: error.code }))
    } finally {
      this.#sampleUnderWay = false
    }
  }

  /** Why it shows no progress, in short; empty while it works. */
  get #rest(): string {
    return `${this.#gate.isClosed ? 'paused ' : ''}${this.#waitsFor ?? ''}`
  }

  /** A run that rests or waits shows no progress: it says so instead, often enough to keep its lease. */
  #isRestToTell(): boolean {
    if (this.#rest !== this.#toldRest) return true
    return this.#rest !== '' && performance.now() - this.#toldAtMs >= Math.min(restToldEveryMs, this.#options.leaseMs / 4)
  }

  #noteWaiting(refusal: AppError | null): void {
    const hasWaited = this.#waitsFor !== null
    this.#waitsFor = refusal?.code ?? null
    if (refusal !== null)
      this.#note({
        atMs: Date.now(),
        level: 'warn',
        event: 'run.waiting',
        message: `Waiting until the hub can store again. ${refusal.message} ${refusal.cure}`,
        path: null,
      })
    else if (hasWaited && !this.#stopping.signal.aborted)
      this.#note({ atMs: Date.now(), level: 'info', event: 'run.going-on', message: 'The hub stores again: going on.', path: null })
    void this.#tellProgress()
  }

  #obey(duty: ProgressDuty): void {
    if (duty !== 'go-on') this.stop(duty === 'stop' ? 'cancelled' : 'dropped')
  }

  /** The thread is gone; it may have said before how its run ended. */
  #crash(error: Error): void {
    if (this.#end === null) return
    this.#options.log.error({ event: 'run.worker-crashed', runId: this.order.runId, reason: error.message }, 'The thread of a run crashed')
    const isMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    const message = isMemory
      ? 'The run needed more memory than this process may use.'
      : 'The thread that carried out the run ended unexpectedly.'
    this.#finish({
      outcome: 'failed',
      result: null,
      error: toWireError(new AppError('internal', { message })),
      warningCount: this.#warnings.length,
    })
  }

  /** What is told: a run that ended because this process ends failed, whatever its worker made of the stop. */
  #honest(end: RunEnd): RunEnd {
    if (end.outcome !== 'cancelled' || this.#isCancelled) return end
    return {
      ...end,
      outcome: 'failed',
      error: toWireError(new AppError('run.agent-lost', { message: 'The agent was stopped while it carried out the run.' })),
    }
  }

  async #report(end: RunEnd): Promise<void> {
    const { outbox, order, log } = this.#options
    this.#state = end.outcome
    log.info(
      {
        event: 'run.ended',
        runId: order.runId,
        fence: order.fence,
        kind: order.request.kind,
        outcome: end.outcome,
        code: end.error?.code ?? null,
        warningCount: end.warningCount,
        durationMs: Math.round(performance.now() - this.#startedAtMs),
        dropped: this.#stop === 'dropped',
      },
      'Run ended',
    )
    if (this.#stop === 'dropped') return outbox.dropRun(order.runId, order.fence)
    if (this.#isUnknown) return
    this.#note(endEntry(end))
    this.#options.ownLog.end(end)
    await this.#useUpChoice()
    await this.#runLog.flush()
    await outbox.add('run.finished', { runId: order.runId, fence: order.fence, ...end, warnings: this.#warnings })
  }

  /** Before the hub can hear of the end: what a person chose once is not carried out once more because the hub says that it never heard. */
  async #useUpChoice(): Promise<void> {
    const { order, selections, log } = this.#options
    if (order.request.kind !== 'restore' || order.request.sealedSelection === undefined) return
    try {
      await selections.end(order.runId)
    } catch (error) {
      // The report is worth more: without it the hub would have the run wait for its lease.
      log.error(
        { event: 'selections.write-failed', code: toAppError(error).code },
        'That a sealed order has ended could not be written down',
      )
    }
  }

  #send(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer)
  }
}

function endEntry(end: RunEnd): LogEntry {
  const level = end.outcome === 'failed' ? 'error' : end.outcome === 'succeeded' ? 'info' : 'warn'
  const message =
    end.error === null ? `The run ended: ${end.outcome}` : `The run ended: ${end.outcome}. ${end.error.message} ${end.error.cure}`
  return { atMs: Date.now(), level, event: 'run.ended', message, path: null }
}

/** Large answers are handed over, not copied; small ones share a pool of Node's and must not be. */
function ownedBuffer(answer: unknown): ArrayBuffer[] {
  if (!(answer instanceof Uint8Array) || !(answer.buffer instanceof ArrayBuffer)) return []
  return answer.byteLength === answer.buffer.byteLength ? [answer.buffer] : []
}
