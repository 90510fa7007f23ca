import { fromBase64Url } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import type { DomainKeys } from '@holdfast/engine/reader'
import { openSealedSelection } from '@holdfast/engine/unlock'
import { nodePrimitives } from '@holdfast/engine/vault'
import type { RestoreSelection } from '@holdfast/shared-types'
import { AppError } from '@holdfast/shared-types/errors'

export interface SealedFor {
  /** 16 bytes. */
  readonly agentId: Uint8Array
  readonly boxPrivateKey: Uint8Array
}

/** A restore as somebody with the domain's keys has sealed it for this device, and the 16 random bytes of that order. @throws AppError `restore.order-changed` */
export async function openSealedRestore(
  device: SealedFor,
  keys: DomainKeys,
  sealedSelection: string,
): Promise<{ readonly nonce: Uint8Array; readonly restore: RestoreSelection }> {
  try {
    const { nonce, plain } = await openSealedSelection(nodePrimitives, keys, device, fromBase64Url(sealedSelection))
    const text = new TextDecoder('utf-8', { fatal: true }).decode(plain)
    // The contracts are loaded here alone: the threads of other runs begin without them.
    const { RestoreSelection: Selection } = await import('@holdfast/shared-types')
    return { nonce, restore: Selection.parse(JSON.parse(text)) }
  } catch (cause) {
    if (isEngineError(cause) && cause.code !== 'vault.key-mismatch') throw cause
    throw new AppError('restore.order-changed', {
      message: 'What is to be restored was not sealed for this device by somebody who can open its vault.',
      cause,
    })
  }
}
