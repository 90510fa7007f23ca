import { isDeepStrictEqual } from 'node:util'
import { toBase64Url } from '@holdfast/engine/bytes'
import { uuidToBytes } from '@holdfast/engine/format'
import { sealSelection } from '@holdfast/engine/unlock'
import { nodePrimitives, rawPrivateKey, rawPublicKey } from '@holdfast/engine/vault'
import { AppError, leanRestore, type RunRequest } from '@holdfast/shared-types'
import type { EnrolledAgent } from '../identity/identity.ts'
import { openOwnDomainKeys } from '../identity/own-domain-keys.ts'
import { openSealedRestore } from '../runs/open-sealed-restore.ts'
import type { RestoreOrder } from './restore-order.ts'

/**
 * The order as a private vault's hub may pass it on: all of it is sealed to this very device, which carries out nothing else, and what was chosen is in no other part of it.
 * @throws AppError `vault.keys-awaited`
 */
export async function withSealedChoice(agent: EnrolledAgent, order: RestoreOrder): Promise<RestoreOrder> {
  const { include: _, ...open } = order
  const keys = await openOwnDomainKeys(agent)
  const to = { agentId: uuidToBytes(agent.identity.agentId), boxPublicKey: rawPublicKey(agent.keys.boxKey) }
  const sealed = await sealSelection(nodePrimitives, keys, to, Buffer.from(JSON.stringify(leanRestore(order))))
  return { ...open, paths: [], sealedSelection: toBase64Url(sealed) }
}

/** Whether a run that waits was sealed for this device with the very same order in it: no two seals look alike. */
export async function isSealedAlike(agent: EnrolledAgent, request: RunRequest, order: RestoreOrder): Promise<boolean> {
  if (request.kind !== 'restore' || request.sealedSelection === undefined) return false
  const device = { agentId: uuidToBytes(agent.identity.agentId), boxPrivateKey: rawPrivateKey(agent.keys.boxKey) }
  try {
    const { restore } = await openSealedRestore(device, await openOwnDomainKeys(agent), request.sealedSelection)
    const { paths, include } = restore
    // What stands beside the seal has to be the same too, or the device would refuse it.
    return [restore, { ...request, paths, include }].every((one) => isDeepStrictEqual(leanRestore(one), leanRestore(order)))
  } catch (error) {
    if (error instanceof AppError && error.code === 'restore.order-changed') return false
    throw error
  }
}
