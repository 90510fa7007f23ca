import { toWireError, type PackId, type VaultId } from '@holdfast/shared-types'
import { fromHex } from '@holdfast/engine/bytes'
import { EngineError } from '@holdfast/engine/errors'
import { packKey, vaultFileKey } from '@holdfast/engine/format'
import { asAppError } from '../../../platform/http/as-app-error.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import { translateEngineError } from '../errors/translate-engine-error.ts'
import { endInTime } from '../opening/end-in-time.ts'
import { adoptPack, type LoadDeps } from '../opening/load-packs.ts'

/** As long as a database that was restarted takes to come back, and short beside a lease. */
const lookEveryMs = 5_000

interface PacksInDoubtDeps extends LoadDeps {
  readonly vaults: OpenVaults
}

/** Of one failed upload, and never changed: a look answers for the uploads that failed before it began. */
interface Doubt {
  /** Why it could not be looked at the last time, for people; null where nobody has looked yet. */
  readonly reason: string | null
}

type Doubts = Map<PackId, Doubt>

/**
 * Packs whose upload failed when they may have been stored already: the database went away between the object and its row. Mostly the
 * agent sends them again; where its run is over instead, they would lie without a row until the hub starts anew.
 */
export class PacksInDoubt {
  readonly #deps: PacksInDoubtDeps
  readonly #byVault = new Map<VaultId, Doubts>()
  #timer: NodeJS.Timeout | undefined
  readonly #settling = new Map<VaultId, Promise<void>>()
  #isStopped = false

  constructor(deps: PacksInDoubtDeps) {
    this.#deps = deps
  }

  note(vaultId: VaultId, packId: PackId): void {
    const doubts: Doubts = this.#byVault.get(vaultId) ?? new Map()
    this.#byVault.set(vaultId, doubts.set(packId, { reason: doubts.get(packId)?.reason ?? null }))
  }

  /** What is left of a vault. */
  ofVault(vaultId: VaultId): ReadonlyMap<PackId, Doubt> {
    return this.#byVault.get(vaultId) ?? new Map()
  }

  /** Looks now and then from here on. */
  start(): void {
    this.#timer = setInterval(() => {
      for (const vaultId of this.#byVault.keys()) void this.settle(vaultId)
    }, lookEveryMs).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#isStopped = true
    await endInTime([...this.#settling.values()])
  }

  /**
   * Gives each of a vault that is stored its row; joins what is under way. One that cannot be looked at is told in the log and kept, and
   * does not keep the others. Never throws; as a disk may hang, nobody should wait for it alone.
   */
  settle(vaultId: VaultId): Promise<void> {
    const known = this.#settling.get(vaultId)
    if (known !== undefined) return known
    const settling = this.#settleVault(vaultId).finally(() => this.#settling.delete(vaultId))
    this.#settling.set(vaultId, settling)
    return settling
  }

  async #settleVault(vaultId: VaultId): Promise<void> {
    const { vaults, log } = this.#deps
    const doubts: Doubts = this.#byVault.get(vaultId) ?? new Map()
    for (const [packId, doubt] of doubts) {
      // What is left is adopted by the next start.
      if (this.#isStopped) return
      try {
        await this.#look(vaults.get(vaultId), packId)
        // One noted meanwhile may be stored since.
        if (doubts.get(packId) === doubt) doubts.delete(packId)
      } catch (error) {
        const { message } = toWireError(asAppError(translateEngineError(error)))
        doubts.set(packId, { reason: message })
        // Every five seconds the same would bury the rest of the log.
        if (message !== doubt.reason)
          log.warn(
            { event: 'pack.in-doubt', vaultId, packId, err: error },
            'A pack whose upload failed could not be looked at; it is tried again',
          )
      }
    }
  }

  async #look(vault: OpenVault, packId: PackId): Promise<void> {
    const key = packKey(fromHex(packId))
    const head = await vault.store.head(key)
    // Of a disk that is not mounted everything is missing.
    if (head === null && (await vault.store.head(vaultFileKey)) === null)
      throw new EngineError('store.unavailable', 'The vault is not in its store.')
    if (head !== null && (await adoptPack(this.#deps, vault, packId, { key, sizeBytes: head.sizeBytes })))
      this.#deps.log.info(
        { event: 'pack.adopted', vaultId: vault.id, packId },
        'A pack whose upload failed after it was stored has its row now',
      )
  }
}
