import { readdirSync, readFileSync } from 'node:fs'

/** What a thread has used of the processors since the watch began. */
export interface ThreadCpu {
  readonly part: string
  readonly process: number
  /** The system's number of the thread. */
  readonly systemThread: number
  /** As the thread calls itself: V8 and libuv name theirs. */
  readonly name: string
  readonly cpuSeconds: number
}

/** Threads that end are missed from their last look on: at most this long each. */
const lookEveryMs = 50
/** To find the processes of a part means to read all of /proc. */
const looksPerTree = 10

interface Seen {
  readonly part: string
  readonly process: number
  readonly systemThread: number
  readonly name: string
  readonly before: number
  last: number
}

/** Adds up the CPU of every thread of some processes, also of threads that begin and end meanwhile. */
export class ThreadWatch {
  readonly #parts: ReadonlyMap<string, () => readonly number[]>
  readonly #processes = new Map<string, readonly number[]>()
  readonly #seen = new Map<string, Seen>()
  readonly #timer: NodeJS.Timeout
  #looks = 0

  /** @throws Error where the kernel does not tell the CPU of threads */
  constructor(parts: ReadonlyMap<string, () => readonly number[]>) {
    this.#parts = parts
    if (readOrNull('/proc/self/schedstat') === null) throw new Error('This kernel does not tell the CPU of threads (CONFIG_SCHED_INFO).')
    this.#look(true)
    this.#timer = setInterval(() => this.#look(false), lookEveryMs)
  }

  stop(): ThreadCpu[] {
    clearInterval(this.#timer)
    this.#look(false)
    return [...this.#seen.values()].map(({ part, process, systemThread, name, before, last }) => ({
      part,
      process,
      systemThread,
      name,
      cpuSeconds: last - before,
    }))
  }

  #look(isFirst: boolean): void {
    const isTreeDue = this.#looks++ % looksPerTree === 0
    for (const [part, pids] of this.#parts) {
      if (isTreeDue) this.#processes.set(part, pids())
      for (const process of this.#processes.get(part) ?? []) this.#lookAt(part, process, isFirst)
    }
  }

  #lookAt(part: string, process: number, isFirst: boolean): void {
    for (const { systemThread, cpuSeconds } of threadsOf(process)) {
      const key = `${process}.${systemThread}`
      const seen = this.#seen.get(key)
      if (seen !== undefined) seen.last = cpuSeconds
      // What has begun since the watch did has used nothing before.
      else this.#seen.set(key, { ...named(part, process, systemThread), before: isFirst ? cpuSeconds : 0, last: cpuSeconds })
    }
  }
}

function named(part: string, process: number, systemThread: number): Omit<Seen, 'before' | 'last'> {
  const name = readOrNull(`/proc/${process}/task/${systemThread}/comm`)?.trim() ?? ''
  return { part, process, systemThread, name }
}

function threadsOf(process: number): { readonly systemThread: number; readonly cpuSeconds: number }[] {
  return namesIn(`/proc/${process}/task`).flatMap((name) => {
    // Nanoseconds on a processor, those of waiting for one, turns.
    const schedstat = readOrNull(`/proc/${process}/task/${name}/schedstat`)
    return schedstat === null ? [] : [{ systemThread: Number(name), cpuSeconds: Number(schedstat.split(' ')[0]) / 1e9 }]
  })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // It has ended.
    return []
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // It has ended.
    return null
  }
}
