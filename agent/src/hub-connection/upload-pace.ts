import { RateBudget } from './rate-budget.ts'

/** So many packs at once fill any limited line while one of them waits for its answer; more would only make each of them longer. */
const limitedUploads = 2

interface WaitingPiece {
  readonly mostBytes: number
  go(bytes: number): void
}
interface WaitingUpload {
  go(): void
}

/** The pace of everything that this process sends in bulk, over all connections together. */
export class UploadPace {
  readonly #budget = new RateBudget()
  readonly #pieces: WaitingPiece[] = []
  readonly #uploads: WaitingUpload[] = []
  #uploadsUnderWay = 0
  #timer: NodeJS.Timeout | undefined

  get isLimited(): boolean {
    return this.#budget.isLimited
  }

  /** From now on, also for what is being sent. @param bytesPerSecond null = no limit */
  limit(bytesPerSecond: number | null): void {
    this.#budget.limit(bytesPerSecond, performance.now())
    this.#letUploadsBegin()
    this.#letPiecesGo()
  }

  /**
   * Waits until another upload may begin: at once without a limit.
   *
   * @returns what to call once it has ended
   * @throws the signal's reason
   */
  async beginUpload(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted()
    if (this.#mayBegin()) this.#uploadsUnderWay += 1
    else {
      const { promise, resolve } = Promise.withResolvers<void>()
      await until(promise, { queue: this.#uploads, waiting: { go: resolve }, signal })
    }
    return () => {
      this.#uploadsUnderWay -= 1
      this.#letUploadsBegin()
    }
  }

  /**
   * Waits until a piece of these bytes may be sent, which is to be done at once.
   *
   * @returns its size, at most what was asked for
   * @throws the signal's reason
   */
  async take(mostBytes: number, signal?: AbortSignal): Promise<number> {
    signal?.throwIfAborted()
    if (!this.isLimited) return mostBytes
    const { promise, resolve } = Promise.withResolvers<number>()
    const taken = until(promise, { queue: this.#pieces, waiting: { mostBytes, go: resolve }, signal })
    this.#letPiecesGo()
    return taken
  }

  #mayBegin(): boolean {
    return !this.isLimited || this.#uploadsUnderWay < limitedUploads
  }

  #letUploadsBegin(): void {
    for (; this.#uploads.length > 0 && this.#mayBegin(); this.#uploads.shift()?.go()) this.#uploadsUnderWay += 1
  }

  /** First come, first served, a piece each: so all that is under way moves on. */
  #letPiecesGo(): void {
    clearTimeout(this.#timer)
    for (let first = this.#pieces[0]; first !== undefined; first = this.#pieces[0]) {
      const bytes = this.#budget.take(first.mostBytes, performance.now())
      if (bytes === 0) {
        const waitMs = Math.ceil(this.#budget.waitMs(first.mostBytes, performance.now()))
        this.#timer = setTimeout(() => this.#letPiecesGo(), Math.max(1, waitMs))
        return
      }
      this.#pieces.shift()
      first.go(bytes)
    }
  }
}

interface Place<W> {
  readonly queue: W[]
  readonly waiting: W
  readonly signal: AbortSignal | undefined
}

/** Waits in a queue until it is let go, or leaves it when the signal aborts. @throws the signal's reason */
async function until<W, R>(gone: Promise<R>, { queue, waiting, signal }: Place<W>): Promise<R> {
  const left = Promise.withResolvers<never>()
  const leave = (): void => {
    const place = queue.indexOf(waiting)
    // Let go in this very moment: then it goes.
    if (place < 0) return
    queue.splice(place, 1)
    left.reject(signal?.reason)
  }
  signal?.addEventListener('abort', leave, { once: true })
  queue.push(waiting)
  try {
    return await Promise.race([gone, left.promise])
  } finally {
    signal?.removeEventListener('abort', leave)
  }
}
