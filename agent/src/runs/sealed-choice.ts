import { fromBase64Url, toHex } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import { uuidToBytes } from '@holdfast/engine/format'
import type { DomainKeys } from '@holdfast/engine/reader'
import { openSealedSelection } from '@holdfast/engine/unlock'
import { nodePrimitives, rawPrivateKey } from '@holdfast/engine/vault'
import type { RestoreRequest, RestoreSelection } from '@holdfast/shared-types'
import { AppError } from '@holdfast/shared-types/errors'
import { privateKey } from './domain-keys.ts'
import type { RunContext } from './run-context.ts'

const nonceBytes = 16

/**
 * The request with what a person chose, opened where it came sealed. From a private vault only what came sealed is restored, or all of a snapshot: a hub that could ask for paths
 * of its own guess would learn from the figures which of them are there.
 *
 * @throws AppError `vault.private` for names in the clear; `request.invalid` for a choice that is not for this device, by nobody with the domain's keys, or another run's
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
  if (sealedSelection === undefined) return request
  const bytes = fromBase64Url(sealedSelection)
  const nonce = bytes.subarray(0, nonceBytes)
  const { paths, include } = await openChoice(context, keys, nonce, bytes.subarray(nonceBytes))
  await context.hub.ask('selection.use', toHex(nonce))
  return { ...open, paths, ...(include === undefined ? {} : { include }) }
}

export interface VaultOfRun {
  readonly keys: DomainKeys
  readonly isPrivate: boolean
}

async function openChoice({ order }: RunContext, keys: DomainKeys, nonce: Uint8Array, box: Uint8Array): Promise<RestoreSelection> {
  const to = { agentId: uuidToBytes(order.agentId), nonce, boxPrivateKey: rawPrivateKey(privateKey(order.boxKey)) }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await openSealedSelection(nodePrimitives, keys, to, box))
    // The contracts are loaded here alone: the threads of other runs begin without them.
    const { RestoreSelection: Selection } = await import('@holdfast/shared-types')
    return Selection.parse(JSON.parse(text))
  } catch (cause) {
    if (isEngineError(cause) && cause.code !== 'vault.key-mismatch') throw cause
    throw new AppError('request.invalid', {
      message: 'What is to be restored was not sealed for this device by somebody who can open its vault.',
      cure: 'Choose again what to restore, where the vault is unlocked.',
      cause,
    })
  }
}
