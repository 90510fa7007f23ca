/** Steps that were taken are let go of when there are so many, and at least as many as wait. */
const mostTaken = 1024

interface WaitingStep {
  /** So many pieces of content must have their ids. */
  readonly content: number
  readonly take: () => void
}

/**
 * Steps of the tree, taken in the order of the walk. What speaks of content waits until that has its ids, and all after it waits with
 * it: so the tree does not depend on which thread was faster. When nothing waits, a step is taken at once.
 */
export class StepQueue {
  readonly #identified: () => number
  #waiting: WaitingStep[] = []
  #next = 0

  /** @param identified how many pieces of content have their ids by now. */
  constructor(identified: () => number) {
    this.#identified = identified
  }

  get length(): number {
    return this.#waiting.length - this.#next
  }

  add(take: () => void, content = 0): void {
    if (this.length === 0 && content <= this.#identified()) take()
    else this.#waiting.push({ content, take })
  }

  /** Takes the steps whose time has come. */
  advance(): void {
    if (this.length === 0) return
    const identified = this.#identified()
    for (let step = this.#waiting[this.#next]; step !== undefined && step.content <= identified; step = this.#waiting[this.#next]) {
      this.#next++
      step.take()
    }
    // A queue that is filled all the time is never empty: what was taken would be held, with the files it speaks of, to the end of the backup.
    if (this.length === 0 || (this.#next >= mostTaken && this.#next >= this.length)) {
      this.#waiting = this.#waiting.slice(this.#next)
      this.#next = 0
    }
  }
}
