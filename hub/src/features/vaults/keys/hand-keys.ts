import { AppError } from '@holdfast/shared-types'
import type { HandedKeys, KeyReceiver, OpenVault } from '../contents/open-vault.ts'
import { PrivateVault } from '../contents/private-vault.ts'
import { awaitWhereLost, type GiveKeysDeps } from './give-device-keys.ts'

/**
 * What a device's session, or a run that reads, begins with. Where a private vault has its keys no more, or they rotted, it waits from then on: somebody can let it in again.
 * @throws AppError `vault.keys-awaited`; EngineError `store.*`
 */
export async function handKeys(
  deps: Pick<GiveKeysDeps, 'database' | 'agents' | 'log'>,
  vault: OpenVault,
  receiver: KeyReceiver,
): Promise<HandedKeys> {
  try {
    return await vault.keysFor(receiver)
  } catch (error) {
    if (vault instanceof PrivateVault && error instanceof AppError && error.code === 'vault.keys-awaited')
      await awaitWhereLost(deps, vault, receiver.id)
    throw error
  }
}
