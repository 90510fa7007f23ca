import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { agentReports, type BodyOf, type RunId } from '@holdfast/shared-types'
import type { Logger } from 'pino'
import { systemErrorCode, toAppError } from '../errors/to-app-error.ts'
import type { HubLink } from './hub-link.ts'
import { LinkLost } from './link-socket.ts'
import { bytesOf, inParts } from './log-parts.ts'
import { OutboxFile, type QueuedReport } from './outbox-file.ts'
import { callLimits, reconnectDelayMs } from './reconnect-delay.ts'
import { fateOf, type ReportFate } from './report-fate.ts'

type QueuedType = QueuedReport['type']
export type FinishedReport = BodyOf<typeof agentReports, 'run.finished'>

/** A long outage must not fill the disk: beyond this the oldest log lines go; how a run ended never does. */
const boundBytes = 16 * 1024 * 1024
const rewriteAboveBytes = 4 * 1024 * 1024
/** A report that the hub fails on (its bug) is given up after this many tries, else it would block all that follow. */
const internalTries = 8

interface Pending {
  readonly report: QueuedReport
  readonly bytes: number
  /** How often the hub made a mistake over it. */
  failures: number
  isRefusalLogged: boolean
}

/** What the device has to tell the hub: kept on disk until acknowledged, told in order, at least once. */
export class Outbox {
  readonly #file: OutboxFile
  readonly #log: Logger
  readonly #pending = new Map<string, Pending>()
  readonly #idle = new Set<() => void>()
  #pendingBytes = 0
  #droppedLogBatches = 0
  #link: HubLink | null = null
  #pumping = false
  #closed = false

  private constructor(file: OutboxFile, reports: readonly QueuedReport[], log: Logger) {
    this.#file = file
    this.#log = log
    for (const report of reports) for (const part of inParts(report)) this.#remember(part)
  }

  static async open(path: string, log: Logger): Promise<Outbox> {
    const { file, reports } = await OutboxFile.open(path)
    const outbox = new Outbox(file, reports, log)
    await outbox.#writeParts(reports)
    return outbox
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

  /** Forgets what concerns a run that the hub no longer counts on, of its attempts up to this one. */
  async dropRun(runId: RunId, upToFence: number): Promise<void> {
    const isDropped = (report: QueuedReport): boolean => runOf(report) === runId && fenceOf(report) <= upToFence
    const ids = [...this.#pending].filter(([, { report }]) => isDropped(report)).map(([id]) => id)
    for (const id of ids) await this.#settle(id)
  }

  /** The newest attempt of a run of which something is still to be told; 0 = none. */
  newestFence(runId: RunId): number {
    return Math.max(0, ...this.#reports().map((report) => (runOf(report) === runId ? fenceOf(report) : 0)))
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
      const result = await this.#tell(next)
      if (result === 'no-link') return
      if (result === 'settled' || (result === 'broken' && (next.failures += 1) >= internalTries)) {
        tries = -1
        await this.#settle(next.report.id)
        continue
      }
      if (result === 'unclear') this.#putLast(next)
      await sleep(reconnectDelayMs(tries, 0.5 + Math.random() / 2, callLimits))
    }
  }

  async #tell(pending: Pending): Promise<ReportFate | 'no-link'> {
    if (this.#link === null) return 'no-link'
    const { report } = pending
    try {
      await this.#link.send(report)
      return 'settled'
    } catch (error) {
      if (error instanceof LinkLost) return this.#link.state.state === 'connected' ? 'later' : 'no-link'
      const fate = fateOf(report.type, error)
      if (fate !== 'later' && !pending.isRefusalLogged) {
        pending.isRefusalLogged = true
        const { code } = toAppError(error)
        this.#log.warn({ event: 'report.refused', type: report.type, runId: runOf(report), code, fate }, 'The hub refused a report')
      }
      return fate
    }
  }

  /** Unless its run was dropped meanwhile. */
  #putLast(pending: Pending): void {
    if (this.#pending.delete(pending.report.id)) this.#pending.set(pending.report.id, pending)
  }

  /** What an earlier version has left in the file and no link can carry: told in parts, or not at all. */
  async #writeParts(reports: readonly QueuedReport[]): Promise<void> {
    const tooLarge = reports.filter((report) => !this.#pending.has(report.id))
    if (tooLarge.length === 0) return
    const runIds = [...new Set(tooLarge.map(runOf))]
    this.#log.warn({ event: 'outbox.too-large', reports: tooLarge.length, runIds }, 'Log lines too large for the link are sent in parts')
    try {
      await this.#file.rewrite(() => this.#reports())
    } catch (error) {
      // A full disk: they are parted once more after a restart, and the hub knows each line by its number.
      this.#log.warn({ event: 'outbox.not-written', code: systemErrorCode(error) }, 'The outbox could not be written')
    }
  }

  #remember(report: QueuedReport): void {
    const bytes = bytesOf(report)
    this.#pending.set(report.id, { report, bytes, failures: 0, isRefusalLogged: false })
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
const fenceOf = (report: QueuedReport): number =>
  agentReports[report.type].body.shape.fence.parse(Reflect.get(report.body as object, 'fence'))
