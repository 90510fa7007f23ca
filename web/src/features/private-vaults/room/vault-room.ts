import { callHub } from '../../../platform/api/call-hub.ts'
import { ApiError, hasCode } from '../../../platform/errors/api-error.ts'
import { textOf } from '../../../platform/i18n/text.ts'
import type { AnswerOf, AskOf, FromRoom, RoomCall, ToRoom } from './room-calls.ts'

interface Waiting {
  readonly resolve: (answer: never) => void
  readonly reject: (error: unknown) => void
  readonly onProgress: ((bytes: number) => void) | undefined
  sentBytes: number
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Given away with the question. */
  readonly transfer?: Transferable[]
  /** Bytes sent so far, of a download; now and then the same again. */
  readonly onProgress?: (bytes: number) => void
}

/** What a call of a locked vault is told. */
export const locked = (): ApiError => new ApiError({ code: 'vault.private' })

/** What was made and not stored yet went with the worker that held it: words that somebody has written down by now are worth nothing. */
export const draftLost = (): ApiError =>
  new ApiError({
    code: 'vault.draft-lost',
    message: textOf('privateVaults.draftLost.what'),
    cure: textOf('privateVaults.draftLost.cure'),
  })

const startWorker = (): Worker =>
  new Worker(new URL('../worker/vault-worker.ts', import.meta.url), { type: 'module', name: 'private vault' })

/**
 * The page's side of the room that holds the keys of one vault: a worker of its own, which is asked and answers. To lock is to end it, with
 * everything it holds.
 */
export class VaultRoom {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #lastProgressMs = 0
  #isLocked = false

  /** @param onEnd called once if the worker dies by itself */
  constructor(onEnd: () => void, start: () => Worker = startWorker) {
    this.#worker = start()
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromRoom>) => this.#take(data))
    // Out of memory, or code that could not be fetched.
    this.#worker.addEventListener('error', () => {
      this.lock()
      onEnd()
    })
  }

  /** When a download last came a step on; 0 = never. */
  get lastProgressMs(): number {
    return this.#lastProgressMs
  }

  /** @throws ApiError with the hub's code, or of the engine as the console knows it; `vault.private` once it is locked. An abort is thrown as it is. */
  async call<K extends RoomCall>(call: K, ask: AskOf<K>, { signal, transfer = [], onProgress }: CallOptions = {}): Promise<AnswerOf<K>> {
    signal?.throwIfAborted()
    if (this.#isLocked) throw locked()
    const id = ++this.#lastId
    const answer = new Promise<AnswerOf<K>>((resolve, reject) => this.#waiting.set(id, { resolve, reject, onProgress, sentBytes: 0 }))
    const abort = (): void => {
      this.#post({ kind: 'abort', id })
      this.#settle(id)?.reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort)
    this.#post({ kind: 'call', id, call, ask } as ToRoom, transfer)
    try {
      return await answer
    } catch (error) {
      // The hub is asked by the page itself, which then notices that nobody is signed in any more.
      if (hasCode(error, 'sign-in.required')) void callHub('getMe').catch(() => undefined)
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Ends the worker: its keys are gone, and whoever waits is told so. */
  lock(): void {
    if (this.#isLocked) return
    this.#isLocked = true
    this.#worker.terminate()
    for (const { reject } of this.#waiting.values()) reject(locked())
    this.#waiting.clear()
  }

  #post(message: ToRoom, transfer: Transferable[] = []): void {
    if (!this.#isLocked) this.#worker.postMessage(message, transfer)
  }

  #take(message: FromRoom): void {
    if (message.kind === 'progress') return this.#noteProgress(message.id, message.bytes)
    const waiting = this.#settle(message.id)
    if (message.kind === 'answer') waiting?.resolve(message.answer as never)
    else waiting?.reject(new ApiError(message.problem))
  }

  /** The same bytes again are no progress: they say only that somebody waits. */
  #noteProgress(id: number, bytes: number): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    if (bytes > waiting.sentBytes) this.#lastProgressMs = Date.now()
    waiting.sentBytes = bytes
    waiting.onProgress?.(bytes)
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }
}
