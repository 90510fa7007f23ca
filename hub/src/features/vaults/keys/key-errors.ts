import { AppError } from '@holdfast/shared-types'
import { isEngineError } from '@holdfast/engine/errors'

/** What is wrong with key objects that a person sent is theirs to mend, and no damage of the vault. */
export async function withKeyErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isEngineError(error)) throw error
    if (error.code === 'store.exists' || error.code === 'vault.exists') throw new AppError('vault.keys-conflict', { cause: error })
    if (error.code.startsWith('store.')) throw error
    throw new AppError('vault.keys-invalid', { message: error.message, context: { engineCode: error.code }, cause: error })
  }
}
