import type { PackId } from '@holdfast/shared-types'

/** Packs that are being published: what is stored of them may not have its row yet, and is no finding of a check. */
export class ArrivingPacks {
  readonly #uploadsById = new Map<PackId, number>()

  has(packId: PackId): boolean {
    return this.#uploadsById.has(packId)
  }

  /** The same pack may arrive twice at once, when it is sent again. */
  async while<T>(packId: PackId, publishing: () => Promise<T>): Promise<T> {
    this.#uploadsById.set(packId, (this.#uploadsById.get(packId) ?? 0) + 1)
    try {
      return await publishing()
    } finally {
      const left = (this.#uploadsById.get(packId) ?? 1) - 1
      if (left === 0) this.#uploadsById.delete(packId)
      else this.#uploadsById.set(packId, left)
    }
  }
}
