import type { agentReports, BodyOf, RunId } from '@holdfast/shared-types'
import type { LogEntry } from './worker-messages.ts'

type LogReport = BodyOf<typeof agentReports, 'run.log'>

/** Late enough to join what belongs together, early enough that a person sees it at once (docs/architecture.md §6: p95 ≤ 250 ms). */
const joinedForMs = 100
const linesPerReport = 500
/** As it goes over the link, where a message is 1 MiB at most; a larger one would end the link each time it is told. */
const bytesPerReport = 200_000

/** Numbers the log lines of one run and hands them on in batches. */
export class RunLog {
  readonly #run: { readonly runId: RunId; readonly fence: number }
  readonly #tell: (report: LogReport) => Promise<void>
  #lines: LogReport['lines'] = []
  #next = 1
  #timer: NodeJS.Timeout | null = null
  #telling: Promise<void> = Promise.resolve()

  constructor(run: { readonly runId: RunId; readonly fence: number }, tell: (report: LogReport) => Promise<void>) {
    this.#run = run
    this.#tell = tell
  }

  add(entry: LogEntry): void {
    const { atMs, level, event, message, path } = entry
    this.#lines.push({
      n: this.#next,
      atMs,
      level,
      event: event.slice(0, 100),
      message: message.slice(0, 4000),
      path: path?.slice(0, 8192) ?? null,
    })
    this.#next += 1
    this.#timer ??= setTimeout(() => void this.flush(), joinedForMs)
  }

  /** Resolves when all lines so far are durable in the outbox. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const lines = this.#lines
    this.#lines = []
    for (const part of inParts(lines)) this.#telling = this.#telling.then(() => this.#tell({ ...this.#run, lines: part }))
    return this.#telling
  }
}

function* inParts(lines: LogReport['lines']): Generator<LogReport['lines']> {
  let part: LogReport['lines'] = []
  let bytes = 0
  for (const line of lines) {
    // As JSON: a control character, of which names may be full, takes six bytes there.
    const lineBytes = Buffer.byteLength(JSON.stringify(line)) + 1
    if (part.length > 0 && (part.length >= linesPerReport || bytes + lineBytes > bytesPerReport)) {
      yield part
      part = []
      bytes = 0
    }
    part.push(line)
    bytes += lineBytes
  }
  if (part.length > 0) yield part
}
