/*
 * This file stands in the hub and in the agent, byte for byte the same (scripts/equal-copies.test.ts): neither may import the other,
 * the engine knows no product, and shared-types runs in browsers.
 */
import {
  chmodSync,
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, parse } from 'node:path'

export interface LogFileOptions {
  /** Absolute path of the file that is written now; older ones lie beside it as `name.TIME.PID.ext`. */
  readonly path: string
  /** Older files that are kept. */
  readonly keepFiles: number
  readonly keepDays: number
  /** A file is put aside when it would grow beyond. */
  readonly maxBytes?: number
  /** Told once when the file cannot be written, and once when it can be again. */
  readonly tell: (line: string) => void
  /** Where a folder is made while the file cannot be written. */
  readonly temporaryFolder?: string
  readonly nowMs?: () => number
  /** How long after a failure the file is tried again. */
  readonly tryAgainMs?: number
}

/** Where lines go now. `temporary`: into `path`, until the file can be written again. `nowhere`: to standard error alone. */
export interface LogFileState {
  readonly place: 'file' | 'temporary' | 'nowhere'
  readonly path: string | null
  /** Code of the system's error; null where nothing is wrong. */
  readonly problem: string | null
}

const tenMiB = 10 * 1024 * 1024
const dayMs = 86_400_000
/** A disk that is full is not asked for each line. */
const thirtySecondsMs = 30_000
/** So often it is looked whether somebody took the file away. */
const lookAgainMs = 1_000

interface OpenFile {
  readonly fd: number
  readonly inode: number
  readonly day: string
  sizeBytes: number
}

/**
 * Lines in a file that is put aside when it is large or a day old. A line is with the system when `write` returns: it survives the end of
 * the process, whatever ends it, and is one piece also where two processes write. Nothing here throws: a full disk, or a folder that
 * cannot be written, sends the lines to a folder of the system's for temporary files, until the file can be written again.
 */
export class LogFile {
  readonly #options: Required<LogFileOptions>
  #file: OpenFile | null = null
  #spare: OpenFile | null = null
  #state: LogFileState
  #triedAtMs = Number.NEGATIVE_INFINITY
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #isClosed = false

  constructor(options: LogFileOptions) {
    this.#options = { maxBytes: tenMiB, temporaryFolder: tmpdir(), nowMs: Date.now, tryAgainMs: thirtySecondsMs, ...options }
    this.#state = { place: 'file', path: options.path, problem: null }
  }

  get state(): LogFileState {
    return this.#state
  }

  /** @param line with its end. */
  write(line: string): void {
    if (this.#isClosed) return
    const bytes = Buffer.from(line, 'utf8')
    if (this.#file === null && this.#elapsedMs(this.#triedAtMs) < this.#options.tryAgainMs) return this.#writeSpare(bytes)
    try {
      this.#writeFile(bytes)
      this.#recovered()
    } catch (error) {
      this.#failed(error)
      this.#writeSpare(bytes)
    }
  }

  close(): void {
    this.#isClosed = true
    this.#file = closed(this.#file)
    this.#spare = closed(this.#spare)
  }

  #writeFile(bytes: Buffer): void {
    const file = this.#ready(bytes.length)
    writeWhole(file, bytes)
  }

  /** The file, opened, and a new one where the old one is full or of another day, or was taken away by somebody. */
  #ready(bytes: number): OpenFile {
    const { path, maxBytes } = this.#options
    if (this.#file !== null && this.#elapsedMs(this.#lookedAtMs) >= lookAgainMs) {
      this.#lookedAtMs = performance.now()
      if (inodeAt(path) !== this.#file.inode) this.#file = closed(this.#file)
    }
    this.#file ??= this.#open()
    // A clock that is set back makes another day as well: at most one more file, and times in each stay in order.
    const isDone = this.#file.sizeBytes > 0 && (this.#file.sizeBytes + bytes > maxBytes || this.#file.day !== this.#today())
    if (!isDone) return this.#file
    this.#putAside(this.#file)
    this.#file = closed(this.#file)
    return (this.#file = this.#open())
  }

  #open(): OpenFile {
    const { path } = this.#options
    this.#triedAtMs = performance.now()
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    chmodSync(dirname(path), 0o700)
    const file = openForLines(path, 0o640, this.#today())
    this.#lookedAtMs = performance.now()
    try {
      this.#prune()
    } catch {
      // Older files stay for now: that is no reason not to write this one.
    }
    return file
  }

  /** Another process may have done so just now: then its new file stands there, and is not put aside a second time. */
  #putAside(file: OpenFile): void {
    const { path } = this.#options
    if (inodeAt(path) !== file.inode) return
    const { dir, name, ext } = parse(path)
    // With the process in its name: a rename takes the place of what another one has put aside in the same millisecond.
    const at = `${new Date(this.#options.nowMs()).toISOString().replaceAll(':', '-')}.${process.pid}`
    for (let n = 0; ; n += 1) {
      const aside = join(dir, `${name}.${at}${n === 0 ? '' : `.${n}`}${ext}`)
      if (inodeAt(aside) !== null) continue
      return renameIfThere(path, aside)
    }
  }

  #prune(): void {
    const { path, keepFiles, keepDays, nowMs } = this.#options
    const { dir, name, ext } = parse(path)
    const aside = readdirSync(dir)
      .filter((other) => other.startsWith(`${name}.2`) && other.endsWith(ext) && other !== `${name}${ext}`)
      .map((other) => ({ file: join(dir, other), writtenAtMs: modifiedAtMs(join(dir, other)) }))
      .sort((left, right) => right.writtenAtMs - left.writtenAtMs)
    for (const [index, { file, writtenAtMs }] of aside.entries())
      if (index >= keepFiles || nowMs() - writtenAtMs > keepDays * dayMs) rmSync(file, { force: true })
  }

  #writeSpare(bytes: Buffer): void {
    try {
      if (this.#spare !== null && this.#spare.sizeBytes + bytes.length > this.#options.maxBytes) {
        // What is there for a while only must not fill the disk on which it is a guest.
        this.#spare = closed(this.#spare)
        this.#say('nowhere', null, this.#state.problem)
      }
      if (this.#state.place === 'nowhere') return
      if (this.#spare === null) {
        // A folder of its own: a name that others could foresee might be a symlink of theirs.
        const folder = mkdtempSync(join(this.#options.temporaryFolder, 'holdfast-logs-'))
        this.#spare = openForLines(join(folder, parse(this.#options.path).base), 0o600, this.#today())
        this.#say('temporary', join(folder, parse(this.#options.path).base), this.#state.problem)
      }
      writeWhole(this.#spare, bytes)
    } catch (error) {
      this.#spare = closed(this.#spare)
      this.#say('nowhere', null, this.#state.problem ?? codeOf(error))
    }
  }

  #failed(error: unknown): void {
    this.#file = closed(this.#file)
    this.#triedAtMs = performance.now()
    if (this.#state.place === 'file') this.#state = { ...this.#state, problem: codeOf(error) }
  }

  #recovered(): void {
    if (this.#state.place === 'file' && this.#state.problem === null) return
    this.#spare = closed(this.#spare)
    this.#say('file', this.#options.path, null)
  }

  #say(place: LogFileState['place'], path: string | null, problem: string | null): void {
    if (this.#state.place === place && place !== 'file') return
    this.#state = { place, path, problem }
    const { path: usual } = this.#options
    if (place === 'file') return this.#options.tell(`The log is written to ${usual} again.\n`)
    const instead = path === null ? 'Lines go to standard error alone' : `Lines go to ${path} meanwhile`
    this.#options.tell(`The log cannot be written to ${usual} (${problem ?? 'unknown'}). ${instead}. Make space, or the folder writable.\n`)
  }

  #today(): string {
    return new Date(this.#options.nowMs()).toISOString().slice(0, 10)
  }

  /** By a clock that nobody sets. */
  #elapsedMs(sinceMs: number): number {
    return performance.now() - sinceMs
  }
}

/** Appends: each line goes behind what others have written. A line that was cut short by a crash or a full disk gets its end first. */
function openForLines(path: string, mode: number, today: string): OpenFile {
  const fd = openSync(path, 'a+', mode)
  try {
    const { size, ino, mtimeMs } = fstatSync(fd)
    const day = size === 0 ? today : new Date(mtimeMs).toISOString().slice(0, 10)
    const file = { fd, inode: ino, day, sizeBytes: size }
    if (size > 0 && !endsLine(fd, size)) writeWhole(file, Buffer.from('\n'))
    return file
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function endsLine(fd: number, size: number): boolean {
  const last = Buffer.alloc(1)
  readSync(fd, last, 0, 1, size - 1)
  return last[0] === 0x0a
}

/** One call of the system where it takes all at once, which it does but for a full disk. */
function writeWhole(file: OpenFile, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) {
    const more = writeSync(file.fd, bytes, written)
    written += more
    file.sizeBytes += more
  }
}

function closed(file: OpenFile | null): null {
  if (file === null) return null
  try {
    closeSync(file.fd)
  } catch {
    // It is given up either way.
  }
  return null
}

function inodeAt(path: string): number | null {
  try {
    return statSync(path).ino
  } catch {
    // Nothing stands there.
    return null
  }
}

/** Another process may have put it aside since it was looked at. */
function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

function modifiedAtMs(path: string): number {
  try {
    return statSync(path).mtimeMs
  } catch {
    // Gone meanwhile: as old as can be.
    return 0
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
