import { randomBytes } from 'node:crypto'
import { concatBytes, toBase64Url } from '@holdfast/engine/bytes'
import { uuidToBytes } from '@holdfast/engine/format'
import { sealSelection } from '@holdfast/engine/unlock'
import { nodePrimitives, rawPublicKey } from '@holdfast/engine/vault'
import type { EnrolledAgent } from '../identity/identity.ts'
import { openOwnDomainKeys } from '../identity/own-domain-keys.ts'
import type { RestoreOrder } from './restore-order.ts'

/**
 * The order as a private vault's hub may pass it on: what was chosen is sealed to this very device.
 * @throws AppError `vault.keys-awaited`
 */
export async function withSealedChoice(agent: EnrolledAgent, { paths, include, ...order }: RestoreOrder): Promise<RestoreOrder> {
  if ((paths ?? []).length === 0 && (include ?? []).length === 0) return { ...order, paths: [] }
  const keys = await openOwnDomainKeys(agent)
  const nonce = randomBytes(16)
  const to = { agentId: uuidToBytes(agent.identity.agentId), nonce, boxPublicKey: rawPublicKey(agent.keys.boxKey) }
  const box = await sealSelection(
    nodePrimitives,
    keys,
    to,
    Buffer.from(JSON.stringify({ paths: paths ?? [], ...(include === undefined ? {} : { include }) })),
  )
  return { ...order, paths: [], sealedSelection: toBase64Url(concatBytes([nonce, box])) }
}
