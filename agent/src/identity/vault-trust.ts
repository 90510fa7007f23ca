import { AppError, type DomainId, type VaultId, type VaultKind } from '@holdfast/shared-types'
import { systemErrorCode } from '../errors/to-app-error.ts'
import type { AgentFolders } from '../state/agent-folders.ts'
import { damagedPin, readVaultPin, writeVaultPin, type VaultPin } from './vault-pin.ts'

/** Keys that a hub handed over for a run, opened. */
export interface OfferedKeys {
  readonly vaultId: VaultId
  readonly vaultKind: VaultKind
  readonly domainId: DomainId
  readonly keyEpoch: number
  readonly sealedDomainKeys: Uint8Array
  /** Of what was in the box. */
  readonly fingerprint: string
}

export interface Enrolled {
  readonly vaultId: VaultId
  /** Absent: enrolled before there were private vaults. */
  readonly vaultKind?: VaultKind | undefined
}

/**
 * What this device knows of its vault, and takes no more word of the hub's for. A sealed box does not say who made it: a hub could hand over keys of its own choice, and
 * read what is backed up with them. So the first keys of a private vault are kept in mind, and other ones are never used.
 */
export class VaultTrust {
  readonly #folders: Pick<AgentFolders, 'vaultPinFile'>
  readonly #enrolled: Enrolled
  #pin: VaultPin | null
  /** Runs that begin together are looked at one after the other. */
  #turn: Promise<void> = Promise.resolve()

  private constructor(folders: Pick<AgentFolders, 'vaultPinFile'>, enrolled: Enrolled, pin: VaultPin | null) {
    this.#folders = folders
    this.#enrolled = enrolled
    this.#pin = pin
  }

  /** @throws AppError `agent.identity-invalid` where the device's own word on its vault is lost */
  static async load(folders: Pick<AgentFolders, 'vaultPinFile'>, enrolled: Enrolled): Promise<VaultTrust> {
    const pin = await readVaultPin(folders)
    if (enrolled.vaultKind === 'private' && pin === null) throw damagedPin()
    return new VaultTrust(folders, enrolled, pin)
  }

  /** Once private, always private: its hub hears no names. */
  get isPrivate(): boolean {
    return this.#pin !== null
  }

  get pin(): VaultPin | null {
    return this.#pin
  }

  /**
   * Takes keys for use, or refuses them. The first of a private vault are pinned: durable when it resolves.
   * @throws AppError `vault.keys-changed`; `settings.invalid` where the pin cannot be written
   */
  accept(offered: OfferedKeys): Promise<void> {
    const accepted = this.#turn.then(() => this.#decide(offered))
    this.#turn = accepted.catch(() => undefined)
    return accepted
  }

  async #decide(offered: OfferedKeys): Promise<void> {
    const pin = this.#pin ?? this.#firstWord(offered)
    if (pin === null) return
    requireSame(pin, offered)
    if (this.#pin !== null && this.#pin.keys !== null) return
    const { domainId, keyEpoch, fingerprint } = offered
    const keys = { domainId, keyEpoch, sealedDomainKeys: Buffer.from(offered.sealedDomainKeys).toString('base64url') }
    await this.#write({ ...pin, fingerprint, keys })
  }

  /** Null: managed, where there is nothing to pin. */
  #firstWord({ vaultKind }: OfferedKeys): VaultPin | null {
    if (vaultKind !== 'private') return null
    return { version: 1, vaultId: this.#enrolled.vaultId, kind: 'private', fingerprint: null, keys: null }
  }

  async #write(pin: VaultPin): Promise<void> {
    // From here on it is private, whatever becomes of the file: nothing is to leave meanwhile.
    this.#pin ??= { ...pin, keys: null }
    try {
      await writeVaultPin(this.#folders, pin)
    } catch (error) {
      throw new AppError('settings.invalid', {
        message: `Which vault this device was let into could not be written down (${systemErrorCode(error) ?? 'no reason was given'}), so nothing is done with its keys.`,
        cure: 'Free space where the agent\u2019s state lies, or let the agent write there, and start the run again.',
        cause: error,
      })
    }
    this.#pin = pin
  }
}

function requireSame(pin: VaultPin, offered: OfferedKeys): void {
  if (offered.vaultKind !== 'private')
    throw changed('The hub says that the vault of this device is not private. It was when the device was let in.')
  if (offered.vaultId !== pin.vaultId) throw changed('The hub offers another vault than the one this device was let into.')
  if (pin.fingerprint !== null && offered.fingerprint !== pin.fingerprint)
    throw changed(
      `The hub offers other keys than those this device was let in with: their fingerprint is ${offered.fingerprint}, not ${pin.fingerprint}.`,
    )
}

const changed = (message: string): AppError => new AppError('vault.keys-changed', { message })
