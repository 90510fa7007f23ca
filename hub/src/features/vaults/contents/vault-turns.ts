import type { VaultId } from '@holdfast/shared-types'

/** Work that must not meet other such work on the same vault: a check that lists what lies there, and a collection that removes some of it. First come, first served. */
export class VaultTurns {
  readonly #lastByVault = new Map<VaultId, Promise<unknown>>()

  isTaken(vaultId: VaultId): boolean {
    return this.#lastByVault.has(vaultId)
  }

  async during<T>(vaultId: VaultId, work: () => Promise<T>): Promise<T> {
    const before = this.#lastByVault.get(vaultId)
    const mine = (before ?? Promise.resolve()).then(work, work)
    this.#lastByVault.set(vaultId, mine)
    try {
      return await mine
    } finally {
      if (this.#lastByVault.get(vaultId) === mine) this.#lastByVault.delete(vaultId)
    }
  }
}
