import { concatBytes, copyBytes } from '../bytes/index.ts'
import { EngineError, isEngineError } from '../errors/index.ts'
import type { UnlockPrimitives } from './primitives.ts'

const version = 1
const keyBytes = 32
const encoder = new TextEncoder()
/** Sound because every box has a fresh ephemeral key, so its AES key is used once. */
const zeroNonce = new Uint8Array(12)

/** What a box is for: one that was made for something else does not open. */
export interface BoxPurpose {
  /** HKDF's info. */
  readonly label: string
  /** Bound to the box, and not in it. */
  readonly aad: readonly Uint8Array[]
  /** A key that both sides share: without it nobody can make such a box, although the public key is known. */
  readonly sharedKey?: Uint8Array
}

/** `u8 1 ‖ ephemeral public key ‖ ciphertext and tag` (docs/vault-format.md §4). @throws EngineError `vault.key-mismatch` for what is no public key */
export async function sealToAgent(
  primitives: UnlockPrimitives,
  purpose: BoxPurpose,
  boxPublicKey: Uint8Array,
  plain: Uint8Array,
): Promise<Uint8Array> {
  const ephemeral = await primitives.x25519KeyPair()
  const secret = await primitives.x25519(ephemeral.privateKey, boxPublicKey)
  const key = await boxKey(primitives, purpose, secret, [ephemeral.publicKey, boxPublicKey])
  const sealed = await primitives.sealAesGcm(key, zeroNonce, plain, concatBytes(purpose.aad))
  return concatBytes([Uint8Array.of(version), ephemeral.publicKey, sealed])
}

/** @throws EngineError `vault.key-mismatch` when the box is for another key or purpose, or was changed; `format.unsupported-version` */
export async function openSealedToAgent(
  primitives: UnlockPrimitives,
  purpose: BoxPurpose,
  boxPrivateKey: Uint8Array,
  box: Uint8Array,
): Promise<Uint8Array> {
  if (box.length <= keyBytes) throw new EngineError('vault.key-mismatch', 'What was sealed for this device is cut short.')
  if (box[0] !== version)
    throw new EngineError('format.unsupported-version', 'Something was sealed for this device in a newer form: update Holdfast.')
  const ephemeral = box.subarray(1, 1 + keyBytes)
  try {
    const secret = await primitives.x25519(boxPrivateKey, ephemeral)
    const key = await boxKey(primitives, purpose, secret, [ephemeral, await primitives.x25519PublicKey(boxPrivateKey)])
    return copyBytes(await primitives.openAesGcm(key, zeroNonce, box.subarray(1 + keyBytes), concatBytes(purpose.aad)))
  } catch (cause) {
    if (!isEngineError(cause)) throw cause
    throw new EngineError('vault.key-mismatch', 'What was sealed is not for this device, or was changed on its way.', { cause })
  }
}

const boxKey = async (
  primitives: UnlockPrimitives,
  { label, sharedKey }: BoxPurpose,
  secret: Uint8Array,
  publicKeys: readonly Uint8Array[],
): Promise<Uint8Array> =>
  primitives.hkdfSha256(sharedKey === undefined ? secret : concatBytes([secret, sharedKey]), concatBytes(publicKeys), encoder.encode(label))
