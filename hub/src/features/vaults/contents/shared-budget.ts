/** So much of something that all calls share, as memory or places: who comes when it is used up waits for a turn, in order. */
export class SharedBudget {
  readonly #waiting: { readonly share: number; start(): void }[] = []
  readonly #limit: number
  #held = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get held(): number {
    return this.#held
  }

  /** Nobody holds or waits for any of it. */
  get isIdle(): boolean {
    return this.#held === 0 && this.#waiting.length === 0
  }

  /** @param asked at most the whole budget is taken, so that every call has its turn one day. */
  async during<T>(asked: number, work: () => Promise<T>): Promise<T> {
    const share = Math.min(asked, this.#limit)
    await this.#take(share)
    try {
      return await work()
    } finally {
      this.#held -= share
      this.#startNext()
    }
  }

  async #take(share: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#held + share <= this.#limit) {
      this.#held += share
      return
    }
    await new Promise<void>((start) => this.#waiting.push({ share, start }))
  }

  #startNext(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#held + next.share <= this.#limit; next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#held += next.share
      next.start()
    }
  }
}
