/** What is being published, by its key in the store: an object that lies there may not have its row yet, and is no finding of a check. */
export class ArrivingObjects {
  readonly #publishedBy = new Map<string, number>()

  has(key: string): boolean {
    return this.#publishedBy.has(key)
  }

  /** The same object may arrive twice at once, when it is sent again. */
  async while<T>(key: string, publishing: () => Promise<T>): Promise<T> {
    this.#publishedBy.set(key, (this.#publishedBy.get(key) ?? 0) + 1)
    try {
      return await publishing()
    } finally {
      const left = (this.#publishedBy.get(key) ?? 1) - 1
      if (left === 0) this.#publishedBy.delete(key)
      else this.#publishedBy.set(key, left)
    }
  }
}
