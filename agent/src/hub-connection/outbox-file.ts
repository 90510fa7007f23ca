import { open, readFile, type FileHandle } from 'node:fs/promises'
import { agentReports, AnyEnvelope, type AgentReportType } from '@holdfast/shared-types'
import { z } from 'zod'
import { systemErrorCode } from '../errors/to-app-error.ts'
import { writeFileAtomically } from '../state/write-file-atomically.ts'

/** A report that waits for the hub's acknowledgement. */
export type QueuedReport = AnyEnvelope & { readonly type: Exclude<AgentReportType, 'run.progress' | 'host.measured'> }

const Line = z.union([z.object({ put: AnyEnvelope }), z.object({ done: z.uuid() })])

/** An append-only file of lines `{put}` and `{done}`; a line torn by a crash is one that was never promised. */
export class OutboxFile {
  readonly #path: string
  #file: FileHandle
  #sizeBytes: number
  #waiting: { text: string; resolve: () => void; reject: (error: unknown) => void }[] = []
  #writing: Promise<void> | null = null

  private constructor(path: string, file: FileHandle, sizeBytes: number) {
    this.#path = path
    this.#file = file
    this.#sizeBytes = sizeBytes
  }

  /** Opens the file and tells what still waits in it, in order. */
  static async open(path: string): Promise<{ file: OutboxFile; reports: readonly QueuedReport[] }> {
    const reports = waitingIn(await readIfThere(path))
    // Written anew: the torn end of a crash must not swallow the next line.
    await writeFileAtomically(path, reports.map(putLine).join(''))
    const handle = await open(path, 'a', 0o600)
    return { file: new OutboxFile(path, handle, (await handle.stat()).size), reports }
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Durable when it resolves; lines of the same moment share one flush. */
  put(report: QueuedReport): Promise<void> {
    return this.#append(putLine(report))
  }

  /** Not flushed with urgency: a report told twice is told once at the hub. */
  done(id: string): Promise<void> {
    return this.#append(`${JSON.stringify({ done: id })}\n`)
  }

  /** Replaces the file by what waits at that moment alone: `reports` is asked when it is this call's turn to write. */
  async rewrite(reports: () => readonly QueuedReport[]): Promise<void> {
    // Looked at again after every wait: of two that wait, the second must not start beside the first.
    while (this.#writing !== null) await this.#writing
    await this.#exclusively(() => this.#replace(reports()))
  }

  async close(): Promise<void> {
    await this.#settled()
    await this.#file.close()
  }

  #append(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, resolve, reject })
      if (this.#writing === null) void this.#exclusively(() => this.#writeAll())
    })
  }

  /** One writer at a time; lines that came while it worked are written next. */
  async #exclusively(work: () => Promise<void>): Promise<void> {
    const writing = work().finally(() => {
      this.#writing = null
      if (this.#waiting.length > 0) void this.#exclusively(() => this.#writeAll())
    })
    // Whoever only waits for its end must not see its failure as their own.
    this.#writing = writing.catch(() => undefined)
    return writing
  }

  async #replace(reports: readonly QueuedReport[]): Promise<void> {
    await writeFileAtomically(this.#path, reports.map(putLine).join(''))
    const file = await open(this.#path, 'a', 0o600)
    await this.#file.close()
    this.#file = file
    this.#sizeBytes = (await file.stat()).size
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      const text = batch.map((line) => line.text).join('')
      try {
        await this.#file.appendFile(text)
        await this.#file.datasync()
        this.#sizeBytes += Buffer.byteLength(text)
        for (const line of batch) line.resolve()
      } catch (error) {
        // What a full disk took of the batch must not become the start of the next line.
        await this.#file.truncate(this.#sizeBytes).catch(() => undefined)
        for (const line of batch) line.reject(error)
      }
    }
  }

  async #settled(): Promise<void> {
    while (this.#writing !== null) await this.#writing
  }
}

const putLine = (report: QueuedReport): string => `${JSON.stringify({ put: report })}\n`

function waitingIn(text: string): QueuedReport[] {
  const waiting = new Map<string, QueuedReport>()
  for (const line of text.split('\n')) {
    const entry = Line.safeParse(parseLine(line))
    if (!entry.success) continue
    if ('done' in entry.data) waiting.delete(entry.data.done)
    else if (isQueued(entry.data.put)) waiting.set(entry.data.put.id, entry.data.put)
  }
  return [...waiting.values()]
}

const isQueued = (envelope: AnyEnvelope): envelope is QueuedReport =>
  envelope.type !== 'run.progress' && envelope.type !== 'host.measured' && Object.hasOwn(agentReports, envelope.type)

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // A torn or empty line holds nothing that was promised.
    return null
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return ''
    throw error
  }
}
