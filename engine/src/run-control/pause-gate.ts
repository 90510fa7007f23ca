/** Lets work rest between two of its steps, and go on. What is on its way meanwhile arrives. */
export class PauseGate {
  /** Null: open. */
  #waiting: (() => void)[] | null = null

  get isClosed(): boolean {
    return this.#waiting !== null
  }

  close(): void {
    this.#waiting ??= []
  }

  open(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = null
    for (const go of waiting) go()
  }

  /** Resolves when it is open, and also when the signal aborts: whoever comes through looks at that next. */
  async whenOpen(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>()
    const abort = (): void => aborted.resolve()
    signal.addEventListener('abort', abort, { once: true })
    try {
      while (this.#waiting !== null && !signal.aborted) {
        const opened = new Promise<void>((go) => this.#waiting?.push(go))
        await Promise.race([opened, aborted.promise])
      }
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }
}
