import { VaultId } from '@holdfast/shared-types'
import { z } from 'zod'
import { adminCommand, type AdminCommand } from '../../platform/http/define-feature.ts'
import type { CheckOptions } from './checking/check-vault.ts'

const FsckInput = z.strictObject({
  vaultId: VaultId.nullable().default(null),
  /** Reads and opens every stored byte, not only footers and trees. */
  readData: z.boolean().default(true),
})

export const vaultAdminCommands = (
  runFsck: (vaultId: VaultId | null, options: CheckOptions) => Promise<unknown>,
): Readonly<Record<string, AdminCommand>> => ({
  fsck: adminCommand(FsckInput, ({ vaultId, readData }) => runFsck(vaultId, { readData })),
})
