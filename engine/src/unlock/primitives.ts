import type { StretchCost } from '../format/index.ts'
import type { MaybePromise, Primitives } from '../reader/index.ts'

/** X25519, raw: 32 bytes each. */
export interface BoxKeyPair {
  readonly privateKey: Uint8Array
  readonly publicKey: Uint8Array
}

/** What making and opening keys needs of its runtime, beyond what reading needs. Failures are thrown, as there. */
export interface UnlockPrimitives extends Primitives {
  /** From the runtime's own generator. */
  randomBytes(length: number): Uint8Array
  /** Ciphertext ‖ 16-byte tag. The caller owns the uniqueness of (key, nonce). */
  sealAesGcm(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, aad: Uint8Array): MaybePromise<Uint8Array>
  /** 32 bytes. */
  argon2id(password: Uint8Array, salt: Uint8Array, cost: StretchCost): MaybePromise<Uint8Array>
  x25519KeyPair(): MaybePromise<BoxKeyPair>
  /** The public half of a private key, raw. */
  x25519PublicKey(privateKey: Uint8Array): MaybePromise<Uint8Array>
  /** The shared secret. @throws EngineError `vault.key-mismatch` for what is no key, or a point that makes the secret all zeroes */
  x25519(privateKey: Uint8Array, publicKey: Uint8Array): MaybePromise<Uint8Array>
}
