import { AppError, DomainId, VaultId } from '@holdfast/shared-types'
import { isEngineError } from '@holdfast/engine/errors'
import { decodeVaultFile, vaultFileKey } from '@holdfast/engine/format'
import type { ObjectStore } from '@holdfast/engine/store'
import { openSealedVault, openVault, SealedVault, type Vault } from '@holdfast/engine/vault'
import { ManagedVault } from '../contents/managed-vault.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { PrivateVault } from '../contents/private-vault.ts'
import type { VaultContents } from '../contents/vault-contents.ts'
import { standardUndoDays } from '../tables/vault.entity.ts'
import type { VaultRecord } from '../tables/vaults.queries.ts'
import type { VaultFolders } from './vault-folders.ts'

interface UnlockDeps {
  readonly folders: VaultFolders
  /** 32 bytes that open the vaults' key slots. */
  readonly secret: Uint8Array
}

/** A vault as the hub's secret opens it: whole, or, a private one, as far as a hub may. */
export type UnlockedVault = Vault | SealedVault

/** @throws AppError `store.unavailable`, `vault.wrong-key`, `vault.format-unsupported` */
export async function unlockVault({ folders, secret }: UnlockDeps, vaultId: VaultId): Promise<UnlockedVault> {
  const store: ObjectStore = await folders.open(vaultId)
  try {
    const { kind } = decodeVaultFile(await store.get(vaultFileKey)).value
    return kind === 'private' ? await openSealedVault(store, secret) : await openVault(store, { kind: 'hub-secret', secret })
  } catch (cause) {
    if (isEngineError(cause, 'format.unsupported-version'))
      throw new AppError('vault.format-unsupported', {
        message: cause.message,
        cure:
          'Start the version of Holdfast that wrote it. Or begin anew: move HOLDFAST_DATA away (with a database of your own, name a new one), ' +
          'start, and enrol the devices again. Nothing was changed.',
        context: { vaultId },
        cause,
      })
    if (!isEngineError(cause, 'key-slot.wrong-secret')) throw cause
    throw new AppError('vault.wrong-key', {
      message: 'The hub\u2019s secret does not open its vault.',
      cure: 'Start with the secret this vault was made with: HOLDFAST_SECRET, or the file `secret` in HOLDFAST_DATA. Nothing was changed.',
      context: { vaultId },
      cause,
    })
  }
}

/** @param contents nothing yet, or what lies in it */
export const openVaultOf = (record: VaultRecord, unlocked: UnlockedVault, contents: VaultContents): OpenVault =>
  unlocked instanceof SealedVault ? new PrivateVault(record, unlocked, contents) : new ManagedVault(record, unlocked, contents)

/** The row of a vault that has none yet. */
export function recordOf({ file }: UnlockedVault, epoch: number, name?: string): VaultRecord {
  const [domain] = file.domains
  if (domain === undefined) throw new AppError('vault.corrupt', { message: 'vault.json names no domain.' })
  return {
    id: VaultId.parse(file.vaultId),
    name: name ?? (file.kind === 'private' ? 'Private vault' : 'Default vault'),
    kind: file.kind,
    storeKind: 'directory',
    defaultDomainId: DomainId.parse(domain.id),
    keyEpoch: domain.keyEpoch,
    epoch,
    recoveryKeyExportedAt: null,
    recoveryKeyExportedBy: null,
    damage: null,
    undoDays: standardUndoDays,
    createdAt: new Date(file.createdAtMs),
  }
}
