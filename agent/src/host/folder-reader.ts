import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { AppError, fromWireError, type HostPage } from '@holdfast/shared-types'
import { siblingModule } from '../runs/sibling-module.ts'
import type { isHere, ListAnswer } from './folder-process.ts'
import type { ListOrder } from './list-folder.ts'

export interface FolderReaderOptions {
  /** A disk that needs longer for one part of a folder is not one to browse. Below the hub's own patience of 15 s. */
  readonly deadlineMs?: number
  readonly idleMs?: number
}

/** People who browse at the same time, and mounts that never answer: what hangs in the kernel stays counted until it is gone. */
const mostProcesses = 4
/** A machine that has much to do takes long to start a process, which is no fault of a disk. The hub gives up before; the next look is quick. */
const startMs = 30_000

/** Reads folders in processes of its own: what hangs there is left behind, and the agent goes on. */
export class FolderReader {
  readonly #deadlineMs: number
  readonly #idleMs: number
  readonly #processes = new Set<ChildProcess>()
  /** Those that have come up. */
  readonly #here = new WeakSet<ChildProcess>()
  readonly #idle = new Map<ChildProcess, NodeJS.Timeout>()
  #closed = false

  constructor({ deadlineMs = 8_000, idleMs = 20_000 }: FolderReaderOptions = {}) {
    this.#deadlineMs = deadlineMs
    this.#idleMs = idleMs
  }

  /** Processes that are there, hanging ones included. */
  get pids(): readonly number[] {
    return [...this.#processes].flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
  }

  /** @throws AppError `host.not-answering`, `host.not-a-folder`, `request.invalid`, `source.*`, `agent.busy` */
  async list(order: ListOrder): Promise<HostPage> {
    const reader = this.#take()
    const answer = await this.#ask(reader, order)
    this.#giveBack(reader)
    if ('error' in answer) throw fromWireError(answer.error)
    return answer.page
  }

  close(): void {
    this.#closed = true
    for (const timer of this.#idle.values()) clearTimeout(timer)
    this.#idle.clear()
    for (const reader of this.#processes) reader.kill('SIGKILL')
  }

  #take(): ChildProcess {
    const [idle] = this.#idle
    if (idle !== undefined) {
      const [reader, timer] = idle
      clearTimeout(timer)
      this.#idle.delete(reader)
      return reader
    }
    if (this.#closed || this.#processes.size >= mostProcesses)
      throw new AppError('agent.busy', {
        message: 'The device looks into as many folders as it can at once.',
        cure: 'Try again in a moment. If it stays, a mount on the device does not answer.',
      })
    return this.#start()
  }

  #start(): ChildProcess {
    const reader = fork(fileURLToPath(siblingModule(import.meta.url, 'folder-process')), {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    })
    this.#processes.add(reader)
    reader.once('exit', () => this.#forget(reader))
    reader.on('error', () => this.#forget(reader))
    return reader
  }

  #ask(reader: ChildProcess, order: ListOrder): Promise<ListAnswer> {
    // It could not be started: no process, no channel.
    if (reader.pid === undefined)
      return Promise.reject(new AppError('agent.busy', { message: 'The device has no room for another process.' }))
    const { promise, resolve, reject } = Promise.withResolvers<ListAnswer>()
    const ended = (): void => reject(new AppError('internal', { message: 'The process that looks into folders ended unexpectedly.' }))
    const giveUp = (): void => {
      reader.off('exit', ended)
      reader.kill('SIGKILL')
      reject(new AppError('host.not-answering'))
    }
    let timer = setTimeout(giveUp, this.#here.has(reader) ? this.#deadlineMs : startMs)
    reader.on('message', (said: typeof isHere | ListAnswer) => {
      if (typeof said !== 'string') return resolve(said)
      this.#here.add(reader)
      clearTimeout(timer)
      timer = setTimeout(giveUp, this.#deadlineMs)
    })
    reader.once('exit', ended)
    reader.once('error', ended)
    reader.send(order, (error) => {
      if (error !== null) ended()
    })
    return promise.finally(() => {
      clearTimeout(timer)
      reader.removeAllListeners('message')
      reader.off('exit', ended)
      reader.off('error', ended)
    })
  }

  #giveBack(reader: ChildProcess): void {
    if (!this.#processes.has(reader) || !reader.connected) return
    const timer = setTimeout(() => {
      this.#idle.delete(reader)
      if (reader.connected) reader.disconnect()
    }, this.#idleMs).unref()
    this.#idle.set(reader, timer)
  }

  #forget(reader: ChildProcess): void {
    this.#processes.delete(reader)
    clearTimeout(this.#idle.get(reader))
    this.#idle.delete(reader)
  }
}
