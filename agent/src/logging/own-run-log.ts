import { appendFileSync, chmodSync, closeSync, fstatSync, mkdirSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { LogLine, RunError, RunResult, RunWarning, type RunId } from '@holdfast/shared-types'
import { z } from 'zod'
import { systemErrorCode } from '../errors/to-app-error.ts'

/** As many runs as a person looks back upon; each has a few hundred kilobytes at most. */
const keptRuns = 100

const OwnLine = z.union([
  /** A new attempt: what was told of the one before counts no more. */
  z.object({ began: z.object({ fence: z.int() }) }),
  z.object({ note: LogLine }),
  z.object({ warning: RunWarning }),
  z.object({ end: z.object({ result: RunResult.nullable(), error: RunError.nullable() }) }),
])
type OwnLine = z.infer<typeof OwnLine>

type Note = Omit<LogLine, 'seq'>

/**
 * All of a run of a private vault, paths and reasons included, in a file for the person at the device: the hub hears no names. A line is with the system when a call returns.
 * Nothing here throws: a full disk ends no backup.
 */
export class OwnRunLog {
  readonly #folder: string
  readonly #run: { readonly runId: RunId; readonly fence: number }
  readonly #path: string
  /** A device may learn in the middle of its first run that its vault is private: until then the hub was told. */
  readonly #isWanted: () => boolean
  #hasBegun = false
  #seq = 0

  constructor(folder: string, run: { readonly runId: RunId; readonly fence: number }, isWanted: () => boolean) {
    this.#folder = folder
    this.#run = run
    this.#path = ownRunLogPath(folder, run.runId)
    this.#isWanted = isWanted
    if (isWanted()) this.#begin()
  }

  #begin(): void {
    this.#hasBegun = true
    makeRoom(this.#folder)
    this.#append({ began: { fence: this.#run.fence } })
  }

  note(entry: Note): void {
    this.#seq += 1
    this.#append({ note: { seq: this.#seq, ...entry } })
  }

  warning(warning: RunWarning): void {
    this.#append({ warning })
  }

  end({ result, error }: { readonly result: RunResult | null; readonly error: RunError | null }): void {
    this.#append({ end: { result, error } })
  }

  #append(line: OwnLine): void {
    if (!this.#isWanted()) return
    if (!this.#hasBegun) this.#begin()
    try {
      appendFileSync(this.#path, `${JSON.stringify(line)}\n`, { mode: 0o600 })
    } catch {
      // The run goes on; that its story has a gap is the smaller harm.
    }
  }
}

const ownRunLogPath = (folder: string, runId: RunId): string => join(folder, `${runId}.jsonl`)

function makeRoom(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
    const files = readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => join(folder, name))
      .map((path) => ({ path, mtimeMs: statSync(path).mtimeMs }))
      .toSorted((left, right) => right.mtimeMs - left.mtimeMs)
    for (const { path } of files.slice(keptRuns - 1)) rmSync(path, { force: true })
  } catch {
    // Housekeeping only: the next run tries again.
  }
}

/** What the device itself knows of a run. */
export interface OwnStory {
  readonly warnings: readonly RunWarning[]
  /** Null until it has ended. */
  readonly end: { readonly result: RunResult | null; readonly error: RunError | null } | null
}

/** Reads what is new in such a file, as often as one likes. */
export class OwnRunLogReader {
  readonly #path: string
  #offset = 0
  #rest = Buffer.alloc(0)
  #warnings: RunWarning[] = []
  #end: OwnStory['end'] = null

  constructor(folder: string, runId: RunId) {
    this.#path = ownRunLogPath(folder, runId)
  }

  /** The notes since the last call; null where there is no such file, so that the hub knows as much. */
  notes(): readonly LogLine[] | null {
    const news = this.#readOn()
    return news === null ? null : news.flatMap((line) => this.#take(line))
  }

  get story(): OwnStory {
    return { warnings: this.#warnings, end: this.#end }
  }

  #take(line: OwnLine): LogLine[] {
    if ('note' in line) return [line.note]
    if ('warning' in line) this.#warnings.push(line.warning)
    else if ('end' in line) this.#end = line.end
    else {
      this.#warnings = []
      this.#end = null
    }
    return []
  }

  #readOn(): OwnLine[] | null {
    const news = this.#newBytes()
    if (news === null) return null
    const bytes = Buffer.concat([this.#rest, news])
    const end = bytes.lastIndexOf(0x0a) + 1
    this.#rest = bytes.subarray(end)
    return bytes.subarray(0, end).toString('utf8').split('\n').flatMap(parseLine)
  }

  /** @throws what the file system says, but for a file that is not there */
  #newBytes(): Buffer | null {
    let file: number
    try {
      file = openSync(this.#path, 'r')
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return null
      throw error
    }
    try {
      const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - this.#offset))
      const read = readSync(file, bytes, 0, bytes.length, this.#offset)
      this.#offset += read
      return bytes.subarray(0, read)
    } finally {
      closeSync(file)
    }
  }
}

function parseLine(text: string): OwnLine[] {
  try {
    const line = OwnLine.safeParse(JSON.parse(text))
    return line.success ? [line.data] : []
  } catch {
    // Torn by a full disk: the lines after it are whole.
    return []
  }
}
