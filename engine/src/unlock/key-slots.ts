import { copyBytes } from '../bytes/index.ts'
import { EngineError, isEngineError } from '../errors/index.ts'
import { encodeKeySlot, keySlotAad, type KeySlot, type KeySlotKind, type StretchCost } from '../format/index.ts'
import type { UnlockPrimitives } from './primitives.ts'
import { entropyOfWords } from './recovery-words.ts'

const encoder = new TextEncoder()
const noCost: StretchCost = { memoryKiB: 0, iterations: 0, parallelism: 0 }
/** 64 MiB and 3 passes: 161 ms natively on a 2-core EPYC (2026-11), and a phone's browser can still run it. */
const passphraseCost: StretchCost = { memoryKiB: 64 * 1024, iterations: 3, parallelism: 1 }
/** Shorter ones are not taken, wherever one is made: whoever copies the vault may try as many as they like, and nobody stops them. */
export const leastPassphraseCharacters = 12

/** What opens a vault. */
export type KeySecret =
  /** 32 bytes that the hub keeps beside its data. */
  | { readonly kind: 'hub-secret'; readonly secret: Uint8Array }
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** 24 BIP-39 words in English. */
  | { readonly kind: 'recovery-words'; readonly words: string }

/** What a slot is opened with: the same, and the hub's secret for its own key of a private vault. */
export type SlotSecret = KeySecret | { readonly kind: 'hub-statements'; readonly secret: Uint8Array }

/** A slot object. Write it under `keySlotKey(slotId)`. */
export interface NewKeySlot {
  /** 16 bytes. */
  readonly slotId: Uint8Array
  readonly bytes: Uint8Array
}

/** Of the same hub secret, yet never the same key. */
const hubLabels = { 'hub-secret': 'holdfast-1 slot hub', 'hub-statements': 'holdfast-1 slot hub-statements' } as const

async function wrappingKey(primitives: UnlockPrimitives, secret: SlotSecret, salt: Uint8Array, cost: StretchCost): Promise<Uint8Array> {
  if (secret.kind === 'passphrase') return primitives.argon2id(encoder.encode(secret.passphrase.normalize('NFKC')), salt, cost)
  if (secret.kind === 'recovery-words')
    return primitives.hkdfSha256(await entropyOfWords(secret.words), salt, encoder.encode('holdfast-1 slot recovery'))
  return primitives.hkdfSha256(secret.secret, salt, encoder.encode(hubLabels[secret.kind]))
}

/** Whether it leads to the same key everywhere and for ever: what Unicode has not assigned may be normalised otherwise one day, and half a character has no bytes. */
export const isLastingPassphrase = (passphrase: string): boolean => passphrase.isWellFormed() && !/\p{Cn}/u.test(passphrase)

/** A new slot of the vault for a key of 32 bytes: the hub's own where the secret is of kind `hub-statements`, else the master key. */
export async function wrapKey(primitives: UnlockPrimitives, key: Uint8Array, vaultId: Uint8Array, secret: SlotSecret): Promise<NewKeySlot> {
  if (secret.kind === 'passphrase' && !isLastingPassphrase(secret.passphrase))
    throw new EngineError(
      'vault.invalid',
      'The passphrase holds characters that another device may read as others: choose it without them.',
    )
  const slotId = primitives.randomBytes(16)
  const slot = {
    kind: secret.kind satisfies KeySlotKind,
    vaultId,
    slotId,
    cost: secret.kind === 'passphrase' ? passphraseCost : noCost,
    salt: primitives.randomBytes(32),
  }
  const nonce = primitives.randomBytes(12)
  const wrapped = await primitives.sealAesGcm(await wrappingKey(primitives, secret, slot.salt, slot.cost), nonce, key, keySlotAad(slot))
  return { slotId, bytes: encodeKeySlot({ ...slot, nonce, wrapped }) }
}

/** @throws EngineError `key-slot.wrong-secret`; `vault.invalid` where a passphrase cannot be stretched as the slot asks */
export async function unwrapKey(primitives: UnlockPrimitives, slot: KeySlot, secret: SlotSecret): Promise<Uint8Array> {
  if (slot.kind !== secret.kind) throw new EngineError('key-slot.wrong-secret', 'This key slot is opened by another kind of secret.')
  const key = await wrappingKey(primitives, secret, slot.salt, slot.cost)
  try {
    // Memory of its own, for who forgets the key has to overwrite all of it.
    return copyBytes(await primitives.openAesGcm(key, slot.nonce, slot.wrapped, keySlotAad(slot)))
  } catch (cause) {
    if (!isEngineError(cause)) throw cause
    throw new EngineError('key-slot.wrong-secret', 'The secret does not open this key slot.', { cause })
  }
}
