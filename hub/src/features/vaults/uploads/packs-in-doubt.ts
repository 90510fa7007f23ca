import type { PackId, VaultId } from '@holdfast/shared-types'
import { fromHex } from '@holdfast/engine/bytes'
import { packKey } from '@holdfast/engine/format'
import type { ManagedVaults } from '../contents/managed-vault.ts'
import { adoptPack, type LoadDeps } from '../opening/load-packs.ts'

/** As long as a database that was restarted takes to come back, and short beside a lease. */
const lookEveryMs = 5_000

/**
 * Packs whose upload failed when they may have been stored already: the database went away between the object and its row. Mostly the
 * agent sends them again; where its run is over instead, they would lie without a row until the hub starts anew.
 */
export class PacksInDoubt {
  readonly #vaults: ManagedVaults
  readonly #idsByVault = new Map<VaultId, Set<PackId>>()
  #timer: NodeJS.Timeout | undefined
  #settling: Promise<void> | undefined

  constructor(vaults: ManagedVaults) {
    this.#vaults = vaults
  }

  note(vaultId: VaultId, packId: PackId): void {
    const ids = this.#idsByVault.get(vaultId) ?? new Set()
    this.#idsByVault.set(vaultId, ids.add(packId))
  }

  /** Looks now and then from here on. */
  start(deps: LoadDeps): void {
    this.#timer = setInterval(() => {
      this.settle(deps).catch((error: unknown) =>
        deps.log.warn({ event: 'packs.in-doubt', err: error }, 'Packs whose upload failed could not be looked at; it is tried again'),
      )
    }, lookEveryMs).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#settling?.catch(() => undefined) // Told by who asked for it; the next start adopts what is left.
  }

  /** Gives each that is stored its row. What is not known to be settled is kept. @throws `store.unavailable`, errors of the database */
  settle(deps: LoadDeps): Promise<void> {
    this.#settling ??= this.#settleAll(deps).finally(() => (this.#settling = undefined))
    return this.#settling
  }

  async #settleAll(deps: LoadDeps): Promise<void> {
    for (const [vaultId, ids] of this.#idsByVault) {
      const vault = this.#vaults.get(vaultId)
      for (const id of ids) {
        const key = packKey(fromHex(id))
        const head = await vault.store.head(key)
        if (head !== null && (await adoptPack(deps, vault, id, { key, sizeBytes: head.sizeBytes })))
          deps.log.info({ event: 'pack.adopted', vaultId, packId: id }, 'A pack whose upload failed after it was stored has its row now')
        ids.delete(id)
      }
    }
  }
}
