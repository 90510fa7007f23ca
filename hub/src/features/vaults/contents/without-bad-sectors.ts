import { EngineError, isEngineError } from '@holdfast/engine/errors'
import { vaultFileKey } from '@holdfast/engine/format'
import { AppError } from '@holdfast/shared-types'
import type { StoredVault } from './open-vault.ts'

type ThereVault = Pick<StoredVault, 'id' | 'store'>

/** The vault's own file is where it was: a disk that went away looks like a vault with nothing in it. @throws AppError `store.unavailable` */
export async function requireStore({ id, store }: ThereVault): Promise<void> {
  if ((await store.head(vaultFileKey)) === null) throw new AppError('store.unavailable', { context: { vaultId: id } })
}

/** One object that the disk cannot read is damage as any other, as long as the disk is there. @throws EngineError `format.invalid` for such a one */
export async function withoutBadSectors<T>(vault: ThereVault, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!isEngineError(error, 'store.io-error')) throw error
    await requireStore(vault)
    throw new EngineError('format.invalid', 'The disk cannot read an object of the vault.', { cause: error })
  }
}
