/** Keeps what was used last, up to a number of bytes; one load for all who ask for the same at once. */
export class ByteBoundedCache<V> {
  readonly #limitBytes: number
  readonly #entries = new Map<string, { readonly value: V; readonly bytes: number }>()
  readonly #loading = new Map<string, Promise<V>>()
  #bytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** What `load` throws is not remembered. @param bytesOf how much memory the value holds. */
  async get(key: string, load: () => Promise<V>, bytesOf: (value: V) => number): Promise<V> {
    const entry = this.#entries.get(key)
    if (entry !== undefined) {
      // A Map keeps the order of insertion: used last = at the end.
      this.#entries.delete(key)
      this.#entries.set(key, entry)
      return entry.value
    }
    const loading = this.#loading.get(key) ?? this.#load(key, load, bytesOf)
    return loading
  }

  #load(key: string, load: () => Promise<V>, bytesOf: (value: V) => number): Promise<V> {
    const loading = load()
      .then((value) => {
        this.#keep(key, value, bytesOf(value))
        return value
      })
      .finally(() => this.#loading.delete(key))
    this.#loading.set(key, loading)
    return loading
  }

  #keep(key: string, value: V, bytes: number): void {
    // What is larger than everything allowed would only drive the rest out.
    if (bytes > this.#limitBytes) return
    this.#entries.set(key, { value, bytes })
    this.#bytes += bytes
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#limitBytes) return
      this.#entries.delete(oldest)
      this.#bytes -= entry.bytes
    }
  }
}
