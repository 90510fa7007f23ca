import { VaultId } from '@holdfast/shared-types'
import { z } from 'zod'
import type { CollectionOrder } from './collecting/collections.ts'
import { adminCommand, lookingCommand, type AdminCommand } from '../../platform/http/define-feature.ts'
import type { CheckOptions } from './checking/check-vault.ts'
import { withContractErrors } from './errors/translate-engine-error.ts'
import { purgeCommands, type PurgeCommandsDeps } from './rewriting/purges.admin.ts'
import { addKeptKey, makeKeyToKeep, type KeptKeyDeps } from './keys/keep-recovery-key.ts'

const FsckInput = z.strictObject({
  vaultId: VaultId.nullable().default(null),
  /** Reads and opens every stored byte, not only footers and trees. */
  readData: z.boolean().default(true),
})

const CollectInput = z.strictObject({
  vaultId: VaultId.nullable().default(null),
  /** Also where more than a fifth of the vault would go. */
  isLargeApproved: z.boolean().default(false),
})

export interface VaultWork {
  readonly runFsck: (vaultId: VaultId | null, options: CheckOptions) => Promise<unknown>
  readonly collect: (vaultId: VaultId | null, order: CollectionOrder) => Promise<unknown>
}

const MakeKeyInput = z.strictObject({ vault: z.string().nullable() })
const AddKeyInput = z.strictObject({ vaultId: VaultId, words: z.array(z.string()) })

export const vaultAdminCommands = (
  deps: KeptKeyDeps & PurgeCommandsDeps,
  { runFsck, collect }: VaultWork,
): Readonly<Record<string, AdminCommand>> => ({
  gc: adminCommand(CollectInput, ({ vaultId, isLargeApproved }) => collect(vaultId, { startedBy: 'holdfast-hub gc', isLargeApproved })),
  ...purgeCommands(deps),
  'vault-key.make': lookingCommand(MakeKeyInput, ({ vault }) => makeKeyToKeep(deps, vault)),
  'vault-key.add': adminCommand(AddKeyInput, (key) => withContractErrors(() => addKeptKey(deps, key))),
  fsck: adminCommand(FsckInput, ({ vaultId, readData }) => runFsck(vaultId, { readData })),
})
