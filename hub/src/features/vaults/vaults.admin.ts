import { api, VaultId } from '@holdfast/shared-types'
import { z } from 'zod'
import type { CollectionOrder } from './collecting/collections.ts'
import { tellCollection } from './collecting/collections.routes.ts'
import { adminCommand, lookingCommand, type AdminCommand } from '../../platform/http/define-feature.ts'
import type { CheckOptions } from './checking/check-vault.ts'
import { withContractErrors } from './errors/translate-engine-error.ts'
import { purgeCommands, type PurgeCommandsDeps } from './rewriting/purges.admin.ts'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import { takeOnPrivateVault, type CreatePrivateVaultDeps } from './keys/create-private-vault.ts'
import { giveDeviceKeys, listWaitingDevices, type GiveKeysDeps } from './keys/give-device-keys.ts'
import { addKeptKey, findVault, makeKeyToKeep, type KeptKeyDeps } from './keys/keep-recovery-key.ts'
import { deleteKeySlot, getKeyObjects, putKeySlot, type KeyObjectsDeps } from './keys/key-objects.ts'

const FsckInput = z.strictObject({
  vaultId: VaultId.nullable().default(null),
  /** Reads and opens every stored byte, not only footers and trees. */
  readData: z.boolean().default(true),
})

const CollectInput = z.strictObject({
  vaultId: VaultId.nullable().default(null),
  /** Also where more than a fifth of the vault would go. */
  isLargeApproved: z.boolean().default(false),
  /** Keys of objects that cannot be read, and that go for good with it. */
  givesUp: z.array(z.string()).default([]),
})

export interface VaultWork {
  readonly runFsck: (vaultId: VaultId | null, options: CheckOptions) => Promise<unknown>
  readonly collect: (vaultId: VaultId | null, order: CollectionOrder) => Promise<unknown>
}

const MakeKeyInput = z.strictObject({ vault: z.string().nullable() })
const AddKeyInput = z.strictObject({ vaultId: VaultId, words: z.array(z.string()) })

const CreateInput = api.createVault.body.omit({ currentPassword: true })
const ObjectsInput = z.strictObject({ vault: z.string() })
const AddSlotInput = api.addKeySlot.body.omit({ currentPassword: true }).extend({ vaultId: VaultId })
const RemoveSlotInput = z.strictObject(api.removeKeySlot.params.shape)
const ApproveInput = api.giveDeviceKeys.body.extend(api.giveDeviceKeys.params.shape)

type PrivateVaultDeps = CreatePrivateVaultDeps & KeyObjectsDeps & GiveKeysDeps

/** Keys come about in the process of the command; here comes what the hub may have. */
const privateVaultCommands = (deps: PrivateVaultDeps): Readonly<Record<string, AdminCommand>> => ({
  'vault.create': adminCommand(CreateInput, (vault) => {
    tellAudit({ object: { kind: 'vault', id: vault.vaultId, name: vault.name } })
    return withContractErrors(() => takeOnPrivateVault(deps, vault))
  }),
  'vault.key-objects': lookingCommand(ObjectsInput, ({ vault }, em) =>
    withContractErrors(async () => {
      const { id } = deps.vaults.sealed(findVault(deps.vaults, vault).id)
      return { vaultId: id, ...(await getKeyObjects(deps, em, id)), waiting: await listWaitingDevices(deps, em, id) }
    }),
  ),
  'vault.slot-add': adminCommand(AddSlotInput, (slot) => withContractErrors(() => putKeySlot(deps, slot).then(() => ({})))),
  'vault.slot-remove': adminCommand(RemoveSlotInput, (slot) => withContractErrors(() => deleteKeySlot(deps, slot).then(() => ({})))),
  'vault.approve': adminCommand(ApproveInput, (keys) => withContractErrors(() => giveDeviceKeys(deps, keys))),
})

export const vaultAdminCommands = (
  deps: KeptKeyDeps & PurgeCommandsDeps & PrivateVaultDeps,
  { runFsck, collect }: VaultWork,
): Readonly<Record<string, AdminCommand>> => ({
  ...privateVaultCommands(deps),
  gc: adminCommand(CollectInput, ({ vaultId, ...order }) =>
    withContractErrors(async () => {
      tellCollection(vaultId === null ? deps.vaults.default : deps.vaults.get(vaultId), order)
      return collect(vaultId, { startedBy: 'holdfast-hub gc', ...order })
    }),
  ),
  ...purgeCommands(deps),
  'vault-key.make': lookingCommand(MakeKeyInput, ({ vault }) => makeKeyToKeep(deps, vault)),
  'vault-key.add': adminCommand(AddKeyInput, (key) => withContractErrors(() => addKeptKey(deps, key))),
  fsck: adminCommand(FsckInput, ({ vaultId, readData }) => runFsck(vaultId, { readData })),
})
