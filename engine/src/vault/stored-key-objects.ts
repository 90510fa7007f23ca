import { EngineError, isEngineError } from '../errors/index.ts'
import { decodeKeySlot, featurePrefix, keySlotKey, keySlotPrefix, vaultFileKey } from '../format/index.ts'
import type { ObjectStore } from '../store/index.ts'
import { mostPassphrases, wrapKey, type SlotsToTry } from '../unlock/index.ts'
import { nodePrimitives } from './crypto/node-primitives.ts'

/** @throws EngineError `vault.not-found`, `store.*`; `format.unsupported-version` for a vault with features to come, whatever its vault.json says */
export async function readVaultFile(store: ObjectStore): Promise<Uint8Array> {
  const features = await listFeatures(store)
  if (features.length > 0)
    throw new EngineError('format.unsupported-version', `This vault needs a newer Holdfast (${features.join(', ')}): update it.`)
  try {
    return await store.get(vaultFileKey)
  } catch (cause) {
    if (!isEngineError(cause, 'store.not-found')) throw cause
    throw new EngineError('vault.not-found', 'There is no vault here: vault.json is missing.', { cause })
  }
}

/** What readers of this vault have to know that this version does not: vault.json is written once, and cannot say what came later. */
async function listFeatures(store: ObjectStore): Promise<string[]> {
  const words: string[] = []
  for await (const { key } of store.list(featurePrefix)) words.push(key.slice(featurePrefix.length))
  return words.toSorted()
}

export interface StoredSlots {
  readonly slots: readonly { readonly key: string; readonly bytes: Uint8Array }[]
  /** Slots that could not be read: each costs its own secret only. */
  readonly refused: readonly EngineError[]
}

/** As they are stored, not decoded. @throws EngineError `store.*` where the store itself does not answer */
export async function readStoredSlots(store: ObjectStore): Promise<StoredSlots> {
  const slots: { key: string; bytes: Uint8Array }[] = []
  const refused: EngineError[] = []
  for await (const { key } of store.list(keySlotPrefix)) {
    try {
      slots.push({ key, bytes: await store.get(key) })
    } catch (error) {
      if (!isEngineError(error, 'store.io-error') && !isEngineError(error, 'store.not-found')) throw error
      refused.push(error)
    }
  }
  return { slots, refused }
}

/** The same, to be tried with a secret. */
export async function readSlots(store: ObjectStore): Promise<Pick<SlotsToTry, 'slots' | 'refused'>> {
  const { slots, refused } = await readStoredSlots(store)
  return { slots: slots.map(({ bytes }) => bytes), refused }
}

/** @throws EngineError `vault.exists` */
export async function requireNoVault(store: ObjectStore): Promise<void> {
  if ((await store.head(vaultFileKey)) !== null) throw new EngineError('vault.exists', 'There is a vault here already.')
}

/** More are not tried by readers, each at the cost of stretching. @throws EngineError `vault.invalid` */
export async function requireRoomForPassphrase(store: ObjectStore): Promise<void> {
  const { slots } = await readStoredSlots(store)
  const count = slots.filter(({ bytes }) => isPassphraseSlot(bytes)).length
  if (count >= mostPassphrases)
    throw new EngineError('vault.invalid', `The vault has ${count} passphrases, as many as it may: take one away first.`)
}

function isPassphraseSlot(bytes: Uint8Array): boolean {
  try {
    return decodeKeySlot(bytes).kind === 'passphrase'
  } catch {
    // Damaged, or of a version to come: no reader of this one tries it.
    return false
  }
}

/** One more slot of kind `hub-statements`, for a hub with this secret; durable when it resolves. */
export async function writeHubSlot(
  store: ObjectStore,
  vault: { readonly vaultId: Uint8Array; readonly hubKey: Uint8Array },
  hubSecret: Uint8Array,
): Promise<void> {
  const { slotId, bytes } = await wrapKey(nodePrimitives, vault.hubKey, vault.vaultId, { kind: 'hub-statements', secret: hubSecret })
  await store.put(keySlotKey(slotId), bytes)
}
