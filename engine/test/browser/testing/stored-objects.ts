import {
  agentPrefix,
  decodeRewritingKeyFile,
  keySlotPrefix,
  rewritingKeyKey,
  uuidFromBytes,
  vaultFileKey,
  type SnapshotHeader,
} from '../../../src/format/index.ts'
import { rawAgentKey, unlockVault, type KeySecret, type UnlockPrimitives, type VaultKeys } from '../../../src/unlock/index.ts'

/** A store's objects, by key. */
export type StoredObjects = Readonly<Record<string, Uint8Array>>

/** With the keys of their vault. */
export interface Opened {
  readonly p: UnlockPrimitives
  readonly keys: VaultKeys
  readonly objects: StoredObjects
}

export const under = (objects: StoredObjects, prefix: string): [string, Uint8Array][] =>
  Object.entries(objects).filter(([key]) => key.startsWith(prefix))

export const unlockObjects = (p: UnlockPrimitives, objects: StoredObjects, secret: KeySecret): Promise<VaultKeys> =>
  unlockVault(p, { vaultFile: objects[vaultFileKey]!, slots: under(objects, keySlotPrefix).map(([, bytes]) => bytes) }, secret)

/** Raw Ed25519 key under which the signature of a snapshot has to verify: the device's, or the vault's rewriting key. */
export async function signerOf(keys: VaultKeys, objects: StoredObjects, { isRewritten, agentId }: SnapshotHeader): Promise<Uint8Array> {
  if (!isRewritten) return rawAgentKey((await keys.verifyAgentObject(objects[`${agentPrefix}${uuidFromBytes(agentId)}`]!)).signPublicKey)
  const maced = decodeRewritingKeyFile(objects[rewritingKeyKey]!)
  if (!(await keys.isSealed(maced))) throw new Error('The rewriting key is not sealed.')
  return rawAgentKey(maced.value.signPublicKey)
}
