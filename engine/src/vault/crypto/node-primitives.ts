import {
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
  verify,
  type KeyObject,
} from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { concatBytes, fromBase64Url, toBase64Url } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import { requireOneZstdFrame } from '../../format/index.ts'
import { argon2id, isWeakSignKey, type BoxKeyPair, type UnlockPrimitives } from '../../unlock/index.ts'
import { sealAesGcm } from './seal-aes-gcm.ts'

const tagBytes = 16
const keyBytes = 32
const signatureBytes = 64
/** PKCS #8 of an X25519 key, up to the key itself. */
const pkcs8Start = Buffer.from('302e020100300506032b656e04220420', 'hex')

export function hmacSha256(key: Uint8Array | KeyObject, ...parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac('sha256', key)
  for (const part of parts) hmac.update(part)
  return hmac.digest()
}

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** 32 bytes. */
export const hkdfSha256 = (key: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', key, salt, info, 32))

export function openAesGcm(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array {
  if (sealed.length < tagBytes) throw new EngineError('segment.authentication-failed', 'Sealed bytes are cut short.')
  const decipher = createDecipheriv('aes-256-gcm', key, nonce)
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
  const plain = decipher.update(sealed.subarray(0, sealed.length - tagBytes))
  try {
    decipher.final()
  } catch (cause) {
    throw new EngineError('segment.authentication-failed', 'Sealed bytes do not verify: they were changed, or belong to another key.', {
      cause,
    })
  }
  return plain
}

function decompressZstd(frame: Uint8Array, size: number): Uint8Array {
  requireOneZstdFrame(frame, size)
  let raw: Uint8Array
  try {
    // One byte more than allowed is enough to see that a frame lies about its size, without unpacking a bomb.
    raw = zstdDecompressSync(frame, { maxOutputLength: size + 1, chunkSize: Math.max(64, size + 1) })
  } catch (cause) {
    throw new EngineError('pack.invalid', 'The compressed bytes of a segment are damaged.', { cause })
  }
  if (raw.length !== size) throw new EngineError('pack.invalid', 'A segment unpacks to another size than it says.')
  return raw
}

/** A key object from a raw 32-byte public key. */
export const publicKeyFromRaw = (curve: 'Ed25519' | 'X25519', raw: Uint8Array): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: curve, x: toBase64Url(raw) }, format: 'jwk' })

export const verifyEd25519 = (publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean =>
  publicKey.length === keyBytes &&
  signature.length === signatureBytes &&
  !isWeakSignKey(publicKey) &&
  verify(null, message, publicKeyFromRaw('Ed25519', publicKey), signature)

/** Raw, of a public key or the public half of a private one. */
export const rawPublicKey = (key: KeyObject): Uint8Array =>
  fromBase64Url((key.type === 'public' ? key : createPublicKey(key)).export({ format: 'jwk' })['x'] as string)

/** Raw. */
export const rawPrivateKey = (key: KeyObject): Uint8Array => fromBase64Url(key.export({ format: 'jwk' })['d'] as string)

const privateBoxKey = (raw: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.from(concatBytes([pkcs8Start, raw])), format: 'der', type: 'pkcs8' })

function x25519KeyPair(): BoxKeyPair {
  const { privateKey } = generateKeyPairSync('x25519')
  return { privateKey: rawPrivateKey(privateKey), publicKey: rawPublicKey(privateKey) }
}

function x25519(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  try {
    if (privateKey.length !== keyBytes || publicKey.length !== keyBytes) throw new RangeError('An X25519 key has 32 bytes.')
    // OpenSSL refuses points of low order, whose secret would be all zeroes.
    return diffieHellman({ privateKey: privateBoxKey(privateKey), publicKey: publicKeyFromRaw('X25519', publicKey) })
  } catch (cause) {
    throw new EngineError('vault.key-mismatch', 'An encryption key of a device is not one that anything can be sealed to.', { cause })
  }
}

/** All but argon2id are synchronous. */
export const nodePrimitives: UnlockPrimitives = {
  hmacSha256,
  sha256,
  hkdfSha256,
  openAesGcm,
  decompressZstd,
  verifyEd25519,
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
  sealAesGcm,
  argon2id,
  x25519KeyPair,
  x25519PublicKey: (privateKey) => rawPublicKey(privateBoxKey(privateKey)),
  x25519,
}
