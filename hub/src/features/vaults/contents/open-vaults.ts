import { AppError, type VaultId } from '@holdfast/shared-types'
import { ManagedVault } from './managed-vault.ts'
import type { OpenVault } from './open-vault.ts'
import { PrivateVault } from './private-vault.ts'

/** The vaults that this hub serves. */
export class OpenVaults {
  readonly #byId = new Map<VaultId, OpenVault>()

  add(vault: OpenVault): void {
    this.#byId.set(vault.id, vault)
  }

  all(): OpenVault[] {
    return [...this.#byId.values()]
  }

  has(vaultId: VaultId): boolean {
    return this.#byId.has(vaultId)
  }

  /** @throws AppError `vault.not-found` */
  get(vaultId: VaultId): OpenVault {
    const vault = this.#byId.get(vaultId)
    if (vault === undefined) throw new AppError('vault.not-found', { context: { vaultId } })
    return vault
  }

  /** One to look into. @throws AppError `vault.not-found`, `vault.private` */
  readable(vaultId: VaultId): ManagedVault {
    return requireManaged(this.get(vaultId))
  }

  /** @throws AppError `vault.not-found` also for one that is not private */
  sealed(vaultId: VaultId): PrivateVault {
    const vault = this.get(vaultId)
    if (!(vault instanceof PrivateVault))
      throw new AppError('vault.not-found', { message: 'There is no such private vault.', context: { vaultId } })
    return vault
  }

  /** Where new agents keep their backups, and the hub what it keeps of itself: the oldest that it can open. @throws AppError `store.unavailable` before the start is through. */
  get default(): ManagedVault {
    for (const vault of this.#byId.values()) if (vault instanceof ManagedVault) return vault
    throw new AppError('store.unavailable', { message: 'No vault is open yet.' })
  }
}

/** @throws AppError `vault.private` */
export function requireManaged(vault: OpenVault): ManagedVault {
  if (vault instanceof ManagedVault) return vault
  throw new AppError('vault.private', { context: { vaultId: vault.id } })
}
