import { AppError, type Api, type BodyOfRoute, type Vault } from '@holdfast/shared-types'
import { equalBytes, fromBase64Url, fromHex } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import { decodeVaultFile, vaultFileKey } from '@holdfast/engine/format'
import { createSealedVault, openSealedVault, type BlobIndex, type SealedVault, type SealedVaultToCreate } from '@holdfast/engine/vault'
import { tellAudit } from '../../../platform/audit/audit-scope.ts'
import type { Database } from '../../../platform/database/database.ts'
import type { UserActor } from '../../../platform/http/actor.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import { PrivateVault } from '../contents/private-vault.ts'
import type { OpenVaults } from '../contents/open-vaults.ts'
import { VaultContents } from '../contents/vault-contents.ts'
import type { VaultTurns } from '../contents/vault-turns.ts'
import type { PeopleDoor } from '../doors/doors.ts'
import { presentVault } from '../list-vaults.ts'
import { recordOf } from '../opening/unlock-vault.ts'
import type { VaultFolders } from '../opening/vault-folders.ts'
import { insertVault, listVaultRecords, totalsOfVault } from '../tables/vaults.queries.ts'
import { withKeyErrors } from './key-errors.ts'

export interface CreatePrivateVaultDeps {
  readonly database: Database
  readonly vaults: OpenVaults
  readonly blobIndex: BlobIndex
  readonly folders: Pick<VaultFolders, 'create'>
  readonly keyTurns: VaultTurns
  readonly people: PeopleDoor
  /** Opens what the hub may know of the vault. */
  readonly secret: Uint8Array
  readonly cares: { takeOn(vault: PrivateVault): Promise<void> }
  readonly log: Logger
}

export type NewPrivateVault = Omit<BodyOfRoute<Api['createVault']>, 'currentPassword'>

/** Who asks, where they are, and their proof. */
export interface Asking {
  readonly actor: UserActor
  readonly address: string
  readonly currentPassword: string | undefined
}

/** As {@link takeOnPrivateVault}, for a person who proves who they are. @throws AppError also `sign-in.failed`, `sign-in.throttled` */
export async function createPrivateVault(
  deps: CreatePrivateVaultDeps,
  { actor, address, currentPassword }: Asking,
  asked: NewPrivateVault,
): Promise<Vault> {
  tellAudit({ object: { kind: 'vault', id: asked.vaultId, name: asked.name } })
  await deps.people.provePassword(actor.userId, address, currentPassword)
  return takeOnPrivateVault(deps, asked)
}

/**
 * Takes on a vault whose keys were made elsewhere, and are there alone. When it resolves its objects and its row are durable, and it is served. The same one again, after a
 * lost answer or a crash, gets the same answer.
 *
 * @throws AppError `vault.keys-invalid`, `vault.keys-conflict`, `request.invalid` for a name that is taken; `store.*`
 */
export function takeOnPrivateVault(deps: CreatePrivateVaultDeps, asked: NewPrivateVault): Promise<Vault> {
  return deps.keyTurns.during(asked.vaultId, async () => {
    const objects = await withKeyErrors(async () => readObjects(asked))
    const em = deps.database.em()
    if (deps.vaults.has(asked.vaultId)) {
      const known = deps.vaults.sealed(asked.vaultId)
      await withKeyErrors(() => requireSame(known.vault, objects))
      return presentVault(known.record, await totalsOfVault(em, known.id))
    }
    const records = await listVaultRecords(em)
    if (records.some(({ name }) => name === asked.name))
      throw new AppError('request.invalid', { message: 'Another vault has this name.', cure: 'Choose another name.' })
    const sealed = await withKeyErrors(() => write(deps, asked, objects))
    // A crash before this line leaves a vault without a row: whoever asks again for the same one gets it.
    const record = recordOf(sealed, 1, asked.name)
    await deps.database.transaction((tx) => insertVault(tx, record))
    const vault = new PrivateVault(record, sealed, new VaultContents(deps.blobIndex))
    deps.vaults.add(vault)
    await deps.cares.takeOn(vault)
    deps.log.info({ event: 'vault.created', vaultId: vault.id, storeKind: record.storeKind }, 'Private vault taken on')
    return presentVault(record, await totalsOfVault(deps.database.em(), vault.id))
  })
}

function readObjects({ vaultId, domainId, vaultFile, slots, hubKey }: NewPrivateVault): SealedVaultToCreate {
  const bytes = fromBase64Url(vaultFile)
  const { value } = decodeVaultFile(bytes)
  if (value.vaultId !== vaultId || value.domains[0]?.id !== domainId || value.kind !== 'private')
    throw new AppError('vault.keys-invalid', { message: 'The vault\u2019s file is of another vault, or of no private one.' })
  return {
    vaultFile: bytes,
    slots: slots.map((slot) => ({ slotId: fromHex(slot.slotId), bytes: fromBase64Url(slot.bytes) })),
    hubKey: fromBase64Url(hubKey),
  }
}

async function write(
  { folders, secret }: CreatePrivateVaultDeps,
  { vaultId }: NewPrivateVault,
  objects: SealedVaultToCreate,
): Promise<SealedVault> {
  const store = await folders.create(vaultId)
  try {
    return await createSealedVault(store, objects, secret)
  } catch (error) {
    if (!isEngineError(error, 'vault.exists')) throw error
    const known = await openSealedVault(store, secret)
    await requireSame(known, objects)
    return known
  }
}

/** @throws AppError `vault.keys-conflict` */
async function requireSame({ store, hubKey }: SealedVault, objects: SealedVaultToCreate): Promise<void> {
  if (!equalBytes(await store.get(vaultFileKey), objects.vaultFile) || !equalBytes(hubKey, objects.hubKey))
    throw new AppError('vault.keys-conflict')
}
