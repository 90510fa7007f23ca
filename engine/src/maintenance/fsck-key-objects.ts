import { equalBytes, fromBase64Url } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import {
  agentKey,
  agentPrefix,
  decodeKeySlot,
  decodeRewritingKeyFile,
  decodeSealedKeys,
  decodeVaultFile,
  keySlotKey,
  keySlotPrefix,
  rewritingKeyKey,
  sealedKeysKey,
  sealedKeysPrefix,
  uuidFromBytes,
  uuidToBytes,
  vaultFileKey,
  type AgentFile,
  type KeySlotKind,
  type SnapshotHeader,
  type VaultFile,
} from '../format/index.ts'
import { readAgentObject } from '../unlock/index.ts'
import { nodePrimitives } from '../vault/index.ts'
import type { FsckTask } from './fsck-report.ts'

/** Checks vault.json, what opens the vault, and who writes into it. */
export async function checkKeyObjects(task: FsckTask): Promise<void> {
  const { store, vault, findings } = task
  // Of an open vault it is known; what lies there now is proved by one reading.
  let kind: VaultFile['kind'] | null = vault?.file.kind ?? null
  await findings.check(vaultFileKey, async () => {
    if (vault === null) kind = decodeVaultFile(await store.get(vaultFileKey)).value.kind
    else await vault.checkFile()
  })
  for await (const { key } of store.list(keySlotPrefix)) await findings.check(key, () => checkSlot(task, key, kind))
  for await (const { key } of store.list(agentPrefix))
    await findings.check(key, async () => {
      const agentId = key.slice(agentPrefix.length)
      await readAgentOf(task, agentId)
      // Sealed keys are written first: without them the device was never let in.
      if (kind === 'private' && (await store.head(sealedKeysKey(uuidToBytes(agentId)))) === null)
        throw new EngineError('vault.invalid', 'The sealed keys of a device are missing: it has to be approved again.')
    })
  for await (const { key } of store.list(sealedKeysPrefix))
    await findings.check(key, async () => {
      uuidToBytes(key.slice(sealedKeysPrefix.length))
      if (kind === 'managed') throw new EngineError('vault.invalid', 'Sealed keys of a device lie in a vault that is not private.')
      decodeSealedKeys(await store.get(key))
    })
}

/** A hub that held the master key of a private vault could read it. */
const slotOfTheOther = { private: 'hub-secret', managed: 'hub-statements' } as const satisfies Record<VaultFile['kind'], KeySlotKind>

async function checkSlot({ store, vault }: FsckTask, key: string, kind: VaultFile['kind'] | null): Promise<void> {
  const slot = decodeKeySlot(await store.get(key))
  if (keySlotKey(slot.slotId) !== key) throw new EngineError('vault.invalid', 'A key slot lies under the name of another.')
  if (vault !== null && !equalBytes(slot.vaultId, vault.vaultId)) throw new EngineError('vault.invalid', 'A key slot is of another vault.')
  if (kind !== null && slot.kind === slotOfTheOther[kind])
    throw new EngineError('vault.invalid', `A ${kind} vault has a key slot that belongs to the other kind of vault.`)
}

/** An agent's keys, with all that can be checked. @throws EngineError `store.*`, `vault.invalid` */
async function readAgentOf({ store, vault }: Pick<FsckTask, 'store' | 'vault'>, agentId: string): Promise<AgentFile> {
  if (vault !== null) return vault.readAgent(agentId)
  return readAgentObject(nodePrimitives, await store.get(agentKey(uuidToBytes(agentId))), { agentId })
}

/** Raw Ed25519 key under which the signature of a snapshot has to verify; of one that was written anew the vault's. @throws EngineError `store.*`, `vault.invalid` */
export async function signerOfSnapshot(
  task: Pick<FsckTask, 'store' | 'vault'>,
  header: Pick<SnapshotHeader, 'isRewritten' | 'agentId'>,
): Promise<Uint8Array> {
  const { store, vault } = task
  if (vault !== null) return vault.signerOfSnapshot(header)
  if (!header.isRewritten) return fromBase64Url((await readAgentOf(task, uuidFromBytes(header.agentId))).signPublicKey)
  return fromBase64Url(decodeRewritingKeyFile(await store.get(rewritingKeyKey)).value.signPublicKey)
}
