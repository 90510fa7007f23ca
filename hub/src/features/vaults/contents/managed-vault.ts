import { AppError, type DomainId } from '@holdfast/shared-types'
import { toBase64Url } from '@holdfast/engine/bytes'
import { createBlobHasher, type BlobHasher } from '@holdfast/engine/blob-id'
import { isEngineError } from '@holdfast/engine/errors'
import { uuidToBytes } from '@holdfast/engine/format'
import { SegmentOpener, type DomainKeys } from '@holdfast/engine/reader'
import { nodePrimitives, sealDomainKeys, type Vault } from '@holdfast/engine/vault'
import { OpenVault, type AgentKeys, type HandedKeys, type KeyReceiver } from './open-vault.ts'

interface DomainAccess {
  readonly keys: DomainKeys
  readonly opener: SegmentOpener
  readonly hasher: BlobHasher
}

/** A vault this hub has the key of: `vault` is the only object in the hub that holds a master key. */
export class ManagedVault extends OpenVault<Vault> {
  override readonly kind = 'managed'
  readonly #accessByDomain = new Map<DomainId, DomainAccess>()

  /** @throws EngineError `vault.invalid` for a domain this vault does not have. */
  domainKeys(domainId: DomainId): DomainKeys {
    return this.#access(domainId).keys
  }

  /** Opens segments of one domain; derived keys of packs are remembered. */
  opener(domainId: DomainId): SegmentOpener {
    return this.#access(domainId).opener
  }

  /** Ids of blobs in one domain. */
  hasher(domainId: DomainId): BlobHasher {
    return this.#access(domainId).hasher
  }

  override async keysFor({ id, domainId, boxPublicKey }: KeyReceiver): Promise<HandedKeys> {
    const keys = this.domainKeys(domainId)
    const sealed = await sealDomainKeys(keys, uuidToBytes(id), boxPublicKey)
    return { keyEpoch: keys.keyEpoch, sealedDomainKeys: Uint8Array.from(sealed) }
  }

  override async takeAgent({ agentId, domainId, ...keys }: AgentKeys, nowMs: number): Promise<boolean> {
    const raw = {
      signPublicKey: toBase64Url(keys.signPublicKey),
      boxPublicKey: toBase64Url(keys.boxPublicKey),
      boxSignature: toBase64Url(keys.boxSignature),
    }
    try {
      await this.vault.addAgent({ agentId, domainId, ...raw, createdAtMs: nowMs })
    } catch (error) {
      if (isEngineError(error, 'vault.invalid')) throw new AppError('agent.identity-invalid', { message: error.message, cause: error })
      if (!isEngineError(error, 'store.exists')) throw error
      const known = await this.vault.readAgent(agentId)
      if (known.signPublicKey !== raw.signPublicKey || known.boxPublicKey !== raw.boxPublicKey || known.domainId !== domainId) throw error
    }
    return true
  }

  #access(domainId: DomainId): DomainAccess {
    let access = this.#accessByDomain.get(domainId)
    if (access === undefined) {
      const keys = this.vault.domainKeys(domainId)
      this.#accessByDomain.set(
        domainId,
        (access = { keys, opener: new SegmentOpener(nodePrimitives, keys), hasher: createBlobHasher(keys.idKey) }),
      )
    }
    return access
  }
}
