import { randomBytes } from 'node:crypto'
import { EngineError, isEngineError } from '../../errors/index.ts'
import { encodeKeySlot, keySlotAad, type KeySlot, type KeySlotKind, type StretchCost } from '../../format/index.ts'
import { hkdfSha256, openAesGcm } from './node-primitives.ts'
import { entropyOfWords } from './recovery-words.ts'
import { sealAesGcm } from './seal-aes-gcm.ts'

/*
 * argon2id is loaded when a slot needs it: an agent, which never opens one, would pay for it with each run.
 */

const encoder = new TextEncoder()
const noCost: StretchCost = { memoryKiB: 0, iterations: 0, parallelism: 0 }
/** 64 MiB and 3 passes: 161 ms natively on a 2-core EPYC (2026-11), and a phone's browser can still run it. */
const passphraseCost: StretchCost = { memoryKiB: 64 * 1024, iterations: 3, parallelism: 1 }

/** What opens a slot of each kind. */
export type KeySecret =
  /** 32 bytes that the hub keeps beside its data. */
  | { readonly kind: 'hub-secret'; readonly secret: Uint8Array }
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** 24 BIP-39 words in English. */
  | { readonly kind: 'recovery-words'; readonly words: string }

async function wrappingKey(secret: KeySecret, salt: Uint8Array, cost: StretchCost): Promise<Uint8Array> {
  if (secret.kind === 'hub-secret') return hkdfSha256(secret.secret, salt, encoder.encode('holdfast-1 slot hub'))
  if (secret.kind === 'recovery-words')
    return hkdfSha256(await entropyOfWords(secret.words), salt, encoder.encode('holdfast-1 slot recovery'))
  const { argon2id } = await import('hash-wasm')
  return argon2id({
    password: encoder.encode(secret.passphrase.normalize('NFKC')),
    salt,
    hashLength: 32,
    outputType: 'binary',
    memorySize: cost.memoryKiB,
    iterations: cost.iterations,
    parallelism: cost.parallelism,
  })
}

/** A new slot object for the master key. Write it under `keySlotKey(slotId)`. */
export async function wrapMasterKey(
  masterKey: Uint8Array,
  vaultId: Uint8Array,
  secret: KeySecret,
): Promise<{ slotId: Uint8Array; bytes: Uint8Array }> {
  const slotId = randomBytes(16)
  const slot = {
    kind: secret.kind satisfies KeySlotKind,
    vaultId,
    slotId,
    cost: secret.kind === 'passphrase' ? passphraseCost : noCost,
    salt: randomBytes(32),
  }
  const nonce = randomBytes(12)
  const wrapped = sealAesGcm(await wrappingKey(secret, slot.salt, slot.cost), nonce, masterKey, keySlotAad(slot))
  return { slotId, bytes: encodeKeySlot({ ...slot, nonce, wrapped }) }
}

/** @throws EngineError `key-slot.wrong-secret` */
export async function unwrapMasterKey(slot: KeySlot, secret: KeySecret): Promise<Uint8Array> {
  if (slot.kind !== secret.kind) throw new EngineError('key-slot.wrong-secret', 'This key slot is opened by another kind of secret.')
  const key = await wrappingKey(secret, slot.salt, slot.cost)
  try {
    return openAesGcm(key, slot.nonce, slot.wrapped, keySlotAad(slot))
  } catch (cause) {
    if (!isEngineError(cause)) throw cause
    throw new EngineError('key-slot.wrong-secret', 'The secret does not open this key slot.', { cause })
  }
}
