import { AppError } from '@holdfast/shared-types'
import type { SealedVault } from '@holdfast/engine/vault'
import { OpenVault, type HandedKeys, type KeyReceiver } from './open-vault.ts'

/** A vault of which this hub has no key but the one it signs its own statements with: people open it where they type its passphrase. */
export class PrivateVault extends OpenVault<SealedVault> {
  override readonly kind = 'private'

  override async keysFor({ id, domainId }: KeyReceiver): Promise<HandedKeys> {
    const keyEpoch = this.keyEpochOf(domainId)
    const sealed = await this.vault.readSealedKeys(id)
    if (sealed === null) throw new AppError('vault.keys-awaited', { context: { vaultId: this.id, agentId: id } })
    return { keyEpoch, sealedDomainKeys: Uint8Array.from(sealed), vaultKind: 'private' }
  }

  /** A person who can open the vault lets it in (`keys/give-device-keys.ts`). */
  override takeAgent(): Promise<boolean> {
    return Promise.resolve(false)
  }
}
