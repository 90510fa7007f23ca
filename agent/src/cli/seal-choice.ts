import { randomBytes } from 'node:crypto'
import { concatBytes, toBase64Url } from '@holdfast/engine/bytes'
import { uuidToBytes } from '@holdfast/engine/format'
import { sealSelection } from '@holdfast/engine/unlock'
import { nodePrimitives, rawPublicKey } from '@holdfast/engine/vault'
import { leanRestore } from '@holdfast/shared-types'
import type { EnrolledAgent } from '../identity/identity.ts'
import { openOwnDomainKeys } from '../identity/own-domain-keys.ts'
import type { RestoreOrder } from './restore-order.ts'

/**
 * The order as a private vault's hub may pass it on: all of it is sealed to this very device, which carries out nothing else, and what was chosen is in no other part of it.
 * @throws AppError `vault.keys-awaited`
 */
export async function withSealedChoice(agent: EnrolledAgent, order: RestoreOrder): Promise<RestoreOrder> {
  const { include: _, ...open } = order
  const keys = await openOwnDomainKeys(agent)
  const nonce = randomBytes(16)
  const to = { agentId: uuidToBytes(agent.identity.agentId), nonce, boxPublicKey: rawPublicKey(agent.keys.boxKey) }
  const box = await sealSelection(nodePrimitives, keys, to, Buffer.from(JSON.stringify(leanRestore(order))))
  return { ...open, paths: [], sealedSelection: toBase64Url(concatBytes([nonce, box])) }
}
