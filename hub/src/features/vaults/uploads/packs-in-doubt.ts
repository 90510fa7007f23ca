import type { PackId, VaultId } from '@holdfast/shared-types'
import { fromHex } from '@holdfast/engine/bytes'
import { packKey } from '@holdfast/engine/format'
import type { ManagedVaults } from '../contents/managed-vault.ts'
import { adoptPack, type LoadDeps } from '../opening/load-packs.ts'

/** As long as a database that was restarted takes to come back, and short beside a lease. */
const lookEveryMs = 5_000

interface PacksInDoubtDeps extends LoadDeps {
  readonly vaults: ManagedVaults
}

/**
 * Packs whose upload failed when they may have been stored already: the database went away between the object and its row. Mostly the
 * agent sends them again; where its run is over instead, they would lie without a row until the hub starts anew.
 */
export class PacksInDoubt {
  readonly #deps: PacksInDoubtDeps
  readonly #idsByVault = new Map<VaultId, Set<PackId>>()
  #timer: NodeJS.Timeout | undefined
  #settling: Promise<void> | undefined

  constructor(deps: PacksInDoubtDeps) {
    this.#deps = deps
  }

  note(vaultId: VaultId, packId: PackId): void {
    const ids = this.#idsByVault.get(vaultId) ?? new Set()
    this.#idsByVault.set(vaultId, ids.add(packId))
  }

  /** Looks now and then from here on. */
  start(): void {
    this.#timer = setInterval(() => {
      this.settle().catch((error: unknown) =>
        this.#deps.log.warn({ event: 'packs.in-doubt', err: error }, 'Packs whose upload failed could not be looked at; it is tried again'),
      )
    }, lookEveryMs).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#settling?.catch(() => undefined) // Told by who asked for it; the next start adopts what is left.
  }

  /** Gives each that is stored its row. What is not known to be settled is kept. @throws `store.unavailable`, errors of the database */
  settle(): Promise<void> {
    this.#settling ??= this.#settleAll().finally(() => (this.#settling = undefined))
    return this.#settling
  }

  async #settleAll(): Promise<void> {
    const { vaults, log } = this.#deps
    for (const [vaultId, ids] of this.#idsByVault) {
      const vault = vaults.get(vaultId)
      for (const id of ids) {
        const key = packKey(fromHex(id))
        const head = await vault.store.head(key)
        if (head !== null && (await adoptPack(this.#deps, vault, id, { key, sizeBytes: head.sizeBytes })))
          log.info({ event: 'pack.adopted', vaultId, packId: id }, 'A pack whose upload failed after it was stored has its row now')
        ids.delete(id)
      }
    }
  }
}
