import { isDeepStrictEqual } from 'node:util'
import { toHex } from '@holdfast/engine/bytes'
import { uuidToBytes } from '@holdfast/engine/format'
import type { DomainKeys } from '@holdfast/engine/reader'
import { rawPrivateKey } from '@holdfast/engine/vault'
import type { RestoreRequest, RestoreSelection } from '@holdfast/shared-types'
import { AppError } from '@holdfast/shared-types/errors'
import { privateKey } from './domain-keys.ts'
import { openSealedRestore } from './open-sealed-restore.ts'
import type { RunContext } from './run-context.ts'

/**
 * The request with what a person chose, opened where it came sealed. From a private vault nothing is restored, and not everything either, but what somebody with the domain's keys
 * has sealed, and as it was sealed: into the same place, in the same way. A hub that could ask for paths of its own guess would learn from the figures which of them are there,
 * and one that could change the place or the way would have files overwritten that nobody spoke of.
 *
 * @throws AppError `vault.private` for names in the clear and for what was not sealed; `restore.order-changed` for a choice that is not for this device, by nobody with the domain's
 * keys, of another request, or another run's, or one's that has ended; `request.invalid` where the vault is not private
 */
export async function withOpenedChoice(
  context: RunContext,
  request: RestoreRequest,
  { keys, isPrivate }: VaultOfRun,
): Promise<RestoreRequest> {
  const { sealedSelection, ...open } = request
  if (!isPrivate) {
    if (sealedSelection === undefined) return request
    throw new AppError('request.invalid', { message: 'What is to be restored came sealed, and the vault is not private.' })
  }
  if (open.paths.length > 0 || (open.include ?? []).length > 0)
    throw new AppError('vault.private', {
      message: 'The order names paths of a private vault in the clear, and is not carried out.',
      cure: 'Choose what to restore where the vault is unlocked, or by `holdfast restore` on the device.',
    })
  if (sealedSelection === undefined)
    throw new AppError('vault.private', {
      message:
        'The order was not sealed by anybody who can open the private vault, and is not carried out: the hub alone orders no restore.',
      cure: 'Order the restore where the vault is unlocked, or by `holdfast restore` on the device.',
    })
  const { agentId, boxKey } = context.order
  const device = { agentId: uuidToBytes(agentId), boxPrivateKey: rawPrivateKey(privateKey(boxKey)) }
  const { nonce, restore } = await openSealedRestore(device, keys, sealedSelection)
  const { paths, include = [] } = restore
  const opened = { ...open, paths, include }
  await requireSameRestore(opened, restore)
  await context.hub.ask('selection.use', toHex(nonce))
  return opened
}

export interface VaultOfRun {
  readonly keys: DomainKeys
  readonly isPrivate: boolean
}

/** Of the same snapshot, into the same place and in the same way. @throws AppError `restore.order-changed` */
async function requireSameRestore(ordered: RestoreSelection, sealed: RestoreSelection): Promise<void> {
  // The contracts are loaded here alone: the threads of other runs begin without them.
  const { leanRestore } = await import('@holdfast/shared-types')
  if (isDeepStrictEqual(leanRestore(ordered), leanRestore(sealed))) return
  throw new AppError('restore.order-changed', {
    message: 'The hub orders another restore than was sealed with the choice: of another snapshot, into another place or in another way.',
  })
}
