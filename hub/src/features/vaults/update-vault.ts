import { AppError, type VaultId } from '@holdfast/shared-types'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import type { Database } from '../../platform/database/database.ts'
import type { OpenVaults } from './contents/open-vaults.ts'
import { lockUndoDays, setUndoDays } from './tables/vaults.queries.ts'

export interface UpdateVaultDeps {
  readonly database: Database
  readonly vaults: OpenVaults
}

/** The log keeps both values: whoever takes the undo time away for a moment and puts it back is seen. Durable when it resolves. @throws AppError `vault.not-found` */
export async function updateVault({ database, vaults }: UpdateVaultDeps, vaultId: VaultId, undoDays: number): Promise<void> {
  const { id, record } = vaults.get(vaultId)
  await database.transaction(async (em) => {
    const undoDaysBefore = await lockUndoDays(em, id)
    if (undoDaysBefore === null) throw new AppError('vault.not-found', { context: { vaultId } })
    tellAudit({ object: { kind: 'vault', id, name: record.name }, details: { undoDaysBefore, undoDays } })
    await setUndoDays(em, id, undoDays)
  })
}
