import { VaultId } from '@holdfast/shared-types'
import { z } from 'zod'
import type { CollectionOrder } from './collecting/collections.ts'
import { adminCommand, type AdminCommand } from '../../platform/http/define-feature.ts'
import type { CheckOptions } from './checking/check-vault.ts'

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

export const vaultAdminCommands = ({ runFsck, collect }: VaultWork): Readonly<Record<string, AdminCommand>> => ({
  gc: adminCommand(CollectInput, ({ vaultId, isLargeApproved }) => collect(vaultId, { startedBy: 'holdfast-hub gc', isLargeApproved })),
  fsck: adminCommand(FsckInput, ({ vaultId, readData }) => runFsck(vaultId, { readData })),
})
