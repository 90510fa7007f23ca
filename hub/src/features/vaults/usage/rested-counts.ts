import type { VaultId } from '@holdfast/shared-types'

/** What takes long is counted in one part of 20 of the time. */
const restPerWork = 20

interface Counted<T> {
  readonly atMs: number
  /** Infinite while it is being counted: who asks meanwhile gets the same. */
  restMs: number
  readonly count: Promise<T>
}

/** Figures of vaults that many ask for, and that the database has to look at all rows for: counted once for all, and the longer it takes the more rarely. */
export class RestedCounts<T> {
  readonly #now: () => number
  readonly #byVault = new Map<VaultId, Counted<T>>()

  /** @param now milliseconds, by which what was counted grows old */
  constructor({ now }: { readonly now: () => number }) {
    this.#now = now
  }

  /**
   * @param freshMs who asks does not need it fresher than this
   * @param count gets the moment that it counts as of
   */
  of(vaultId: VaultId, freshMs: number, count: (atMs: number) => Promise<T>): Promise<T> {
    const known = this.#byVault.get(vaultId)
    const atMs = this.#now()
    // A clock that was set back makes nothing fresh for ever.
    if (known !== undefined && atMs >= known.atMs && atMs - known.atMs < Math.max(freshMs, known.restMs)) return known.count
    const startedMs = performance.now()
    const counted: Counted<T> = { atMs, restMs: Infinity, count: count(atMs) }
    this.#byVault.set(vaultId, counted)
    counted.count.then(
      () => (counted.restMs = (performance.now() - startedMs) * restPerWork),
      () => this.#byVault.delete(vaultId),
    )
    return counted.count
  }
}
