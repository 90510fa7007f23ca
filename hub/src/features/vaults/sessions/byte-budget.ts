/** So much memory for bodies that have to be held whole, shared by all calls: who comes when it is used up waits for a turn, in order. */
export class ByteBudget {
  readonly #waiting: { readonly bytes: number; start(): void }[] = []
  readonly #limitBytes: number
  #heldBytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** @param bytes at most the whole budget is taken, so that every call has its turn one day. */
  async during<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    const share = Math.min(bytes, this.#limitBytes)
    await this.#take(share)
    try {
      return await work()
    } finally {
      this.#heldBytes -= share
      this.#startNext()
    }
  }

  async #take(bytes: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#heldBytes + bytes <= this.#limitBytes) {
      this.#heldBytes += bytes
      return
    }
    await new Promise<void>((start) => this.#waiting.push({ bytes, start }))
  }

  #startNext(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#heldBytes + next.bytes <= this.#limitBytes; next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#heldBytes += next.bytes
      next.start()
    }
  }
}
