import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { agentReports, errorFacts, type BodyOf, type RunId } from '@holdfast/shared-types'
import type { Logger } from 'pino'
import { systemErrorCode, toAppError } from '../errors/to-app-error.ts'
import type { HubLink } from './hub-link.ts'
import { LinkLost } from './link-socket.ts'
import { mayPass } from './may-pass.ts'
import { OutboxFile, type QueuedReport } from './outbox-file.ts'
import { callLimits, reconnectDelayMs } from './reconnect-delay.ts'

type QueuedType = QueuedReport['type']
export type FinishedReport = BodyOf<typeof agentReports, 'run.finished'>

/** A long outage must not fill the disk: beyond this the oldest log lines go; how a run ended never does. */
const boundBytes = 16 * 1024 * 1024
const rewriteAboveBytes = 4 * 1024 * 1024
/** A report that the hub fails on (its bug) is given up after this many tries, else it would block all that follow. */
const internalTries = 8

/** What the device has to tell the hub: kept on disk until acknowledged, told in order, at least once. */
export class Outbox {
  readonly #file: OutboxFile
  readonly #log: Logger
  readonly #pending = new Map<string, { readonly report: QueuedReport; readonly bytes: number }>()
  readonly #idle = new Set<() => void>()
  #pendingBytes = 0
  #droppedLogBatches = 0
  #link: HubLink | null = null
  #pumping = false
  #closed = false

  private constructor(file: OutboxFile, reports: readonly QueuedReport[], log: Logger) {
    this.#file = file
    this.#log = log
    for (const report of reports) this.#remember(report)
  }

  static async open(path: string, log: Logger): Promise<Outbox> {
    const { file, reports } = await OutboxFile.open(path)
    return new Outbox(file, reports, log)
  }

  /** How runs ended that the hub does not know yet: part of every hello. */
  get unacknowledgedEnds(): readonly FinishedReport[] {
    return [...this.#pending.values()].flatMap(({ report }) =>
      report.type === 'run.finished' ? [agentReports['run.finished'].body.parse(report.body)] : [],
    )
  }

  /** Tells over this link whenever it is up; call `flush` at each hello that was accepted. */
  attach(link: HubLink): void {
    this.#link = link
  }

  /** Durable when it resolves; told as soon as there is a link. */
  async add<T extends QueuedType>(type: T, body: BodyOf<typeof agentReports, T>): Promise<void> {
    const report: QueuedReport = { v: 1, id: randomUUID(), type, sentAtMs: Date.now(), body }
    this.#remember(report)
    try {
      await this.#file.put(report)
      await this.#keepBound()
    } catch (error) {
      // A full disk must not silence the device: the report is still told from memory.
      this.#log.error({ event: 'outbox.write-failed', code: systemErrorCode(error) }, 'A report could not be made durable')
    }
    this.flush()
  }

  /** Forgets what concerns a run that the hub no longer counts on. */
  async dropRun(runId: RunId): Promise<void> {
    const ids = [...this.#pending].filter(([, { report }]) => runOf(report) === runId).map(([id]) => id)
    for (const id of ids) await this.#settle(id)
  }

  flush(): void {
    if (this.#pumping || this.#closed) return
    this.#pumping = true
    void this.#pump().finally(() => {
      this.#pumping = false
      for (const wake of this.#idle) wake()
    })
  }

  /** Waits until all is told, for so long. @returns whether it is. */
  async drained(timeoutMs: number): Promise<boolean> {
    const endsAtMs = performance.now() + timeoutMs
    while (this.#pending.size > 0 && performance.now() < endsAtMs) {
      this.flush()
      await Promise.race([
        new Promise<void>((resolve) => this.#idle.add(resolve)),
        sleep(Math.min(200, Math.max(1, endsAtMs - performance.now()))),
      ])
      this.#idle.clear()
    }
    return this.#pending.size === 0
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#file.close()
  }

  async #pump(): Promise<void> {
    for (let tries = 0; !this.#closed; tries += 1) {
      const [next] = this.#pending.values()
      if (next === undefined) return
      const result = await this.#tell(next.report)
      if (result === 'no-link') return
      if (result === 'later' || (result === 'broken' && tries < internalTries)) {
        await sleep(reconnectDelayMs(tries, 0.5 + Math.random() / 2, callLimits))
        continue
      }
      tries = -1
      await this.#settle(next.report.id)
    }
  }

  async #tell(report: QueuedReport): Promise<'told' | 'later' | 'broken' | 'no-link'> {
    if (this.#link === null) return 'no-link'
    try {
      await this.#link.send(report)
      return 'told'
    } catch (error) {
      if (error instanceof LinkLost) return this.#link.state.state === 'connected' ? 'later' : 'no-link'
      if (mayPass(error)) return 'later'
      const known = toAppError(error)
      this.#log.warn({ event: 'report.refused', type: report.type, runId: runOf(report), code: known.code }, 'The hub refused a report')
      // Where the hub knows better by now (a stale fence, an unknown run), telling it again changes nothing.
      return errorFacts(known.code).category === 'internal' ? 'broken' : 'told'
    }
  }

  #remember(report: QueuedReport): void {
    const bytes = JSON.stringify(report).length
    this.#pending.set(report.id, { report, bytes })
    this.#pendingBytes += bytes
  }

  #forget(id: string): void {
    const entry = this.#pending.get(id)
    if (entry === undefined) return
    this.#pending.delete(id)
    this.#pendingBytes -= entry.bytes
  }

  async #settle(id: string): Promise<void> {
    this.#forget(id)
    if (this.#closed) return
    try {
      if (this.#file.sizeBytes > rewriteAboveBytes && this.#pendingBytes < this.#file.sizeBytes / 4)
        await this.#file.rewrite(() => this.#reports())
      else await this.#file.done(id)
    } catch (error) {
      // A full disk: the report is told once more after a restart, and the hub knows it by its id.
      this.#log.warn({ event: 'outbox.not-written', code: systemErrorCode(error) }, 'The outbox could not be written')
    }
  }

  async #keepBound(): Promise<void> {
    if (this.#pendingBytes <= boundBytes) return
    for (const [id, { report }] of this.#pending) {
      if (this.#pendingBytes <= boundBytes / 2) break
      if (report.type !== 'run.log') continue
      this.#forget(id)
      this.#droppedLogBatches += 1
    }
    this.#log.warn(
      { event: 'outbox.bounded', droppedLogBatches: this.#droppedLogBatches },
      'The hub was away for long: the oldest log lines were dropped',
    )
    await this.#file.rewrite(() => this.#reports())
  }

  #reports(): QueuedReport[] {
    return [...this.#pending.values()].map(({ report }) => report)
  }
}

const runOf = (report: QueuedReport): string =>
  agentReports[report.type].body.shape.runId.parse(Reflect.get(report.body as object, 'runId'))
