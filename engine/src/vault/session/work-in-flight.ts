import { EngineError } from '../../errors/index.ts'

/** What a session has under way, and the one failure that ends it: whoever waits is woken by every step forward, and by that. */
export class WorkInFlight {
  readonly #work = new Set<Promise<void>>()
  #heldBytes = 0
  #failure: Error | undefined
  #wakers: (() => void)[] = []

  get isIdle(): boolean {
    return this.#work.size === 0
  }

  /** Bytes taken and not yet durable at the hub. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  hold(bytes: number): void {
    this.#heldBytes += bytes
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes
    this.wake()
  }

  /** Remembers work; its failure, if the first, is the session's. */
  track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        this.fail(error instanceof Error ? error : new EngineError('store.io-error', 'The transport failed.', { cause: error }))
      })
      .finally(() => {
        this.#work.delete(tracked)
        this.wake()
      })
    this.#work.add(tracked)
  }

  fail(error: Error): void {
    this.#failure ??= error
    this.wake()
  }

  wake(): void {
    const wakers = this.#wakers
    this.#wakers = []
    for (const waken of wakers) waken()
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** @throws the session's failure. */
  async until(isSo: () => boolean): Promise<void> {
    this.throwIfFailed()
    while (!isSo()) {
      await new Promise<void>((resolve) => this.#wakers.push(resolve))
      this.throwIfFailed()
    }
  }

  /** Waits for all of it, failed or not. */
  async end(): Promise<void> {
    await Promise.allSettled(this.#work)
  }
}
