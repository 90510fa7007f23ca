import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { concatBytes, copyBytes } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import { argon2id, isWeakSignKey, type UnlockPrimitives } from '../unlock/index.ts'
import { decompressZstd } from './decompress-zstd.ts'
import { requireSubtle } from './web-crypto.ts'

const tagBytes = 16
const keyBytes = 32
const signatureBytes = 64
const nothing = new Uint8Array(0)

/*
 * WebCrypto for what every browser has; the curves are not in all of them, and where they are they differ in what they refuse, so they are
 * those of a library everywhere. Bytes are copied: WebCrypto takes no shared memory.
 */

async function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const subtle = requireSubtle()
  // WebCrypto knows no empty key; HMAC fills it up with zeroes.
  const raw = key.length === 0 ? new Uint8Array(1) : copyBytes(key)
  const imported = await subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return new Uint8Array(await subtle.sign('HMAC', imported, concatBytes(parts)))
}

async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await requireSubtle().digest('SHA-256', concatBytes(parts)))
}

async function hkdfSha256(key: Uint8Array, salt: Uint8Array, info: Uint8Array): Promise<Uint8Array> {
  const subtle = requireSubtle()
  const imported = await subtle.importKey('raw', copyBytes(key), 'HKDF', false, ['deriveBits'])
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: copyBytes(salt), info: copyBytes(info) }
  return new Uint8Array(await subtle.deriveBits(algorithm, imported, keyBytes * 8))
}

async function openAesGcm(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Promise<Uint8Array> {
  const subtle = requireSubtle()
  if (sealed.length < tagBytes) throw new EngineError('segment.authentication-failed', 'Sealed bytes are cut short.')
  const imported = await subtle.importKey('raw', copyBytes(key), 'AES-GCM', false, ['decrypt'])
  try {
    return new Uint8Array(await subtle.decrypt(gcm(nonce, aad), imported, copyBytes(sealed)))
  } catch (cause) {
    throw new EngineError('segment.authentication-failed', 'Sealed bytes do not verify: they were changed, or belong to another key.', {
      cause,
    })
  }
}

async function sealAesGcm(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, aad: Uint8Array): Promise<Uint8Array> {
  const subtle = requireSubtle()
  const imported = await subtle.importKey('raw', copyBytes(key), 'AES-GCM', false, ['encrypt'])
  return new Uint8Array(await subtle.encrypt(gcm(nonce, aad), imported, copyBytes(plain)))
}

const gcm = (nonce: Uint8Array, aad: Uint8Array) => ({
  name: 'AES-GCM',
  iv: copyBytes(nonce),
  additionalData: aad.length === 0 ? nothing : copyBytes(aad),
  tagLength: tagBytes * 8,
})

function verifyEd25519(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean {
  if (publicKey.length !== keyBytes || signature.length !== signatureBytes || isWeakSignKey(publicKey)) return false
  try {
    // As RFC 8032 and Node have it, not as ZIP 215.
    return ed25519.verify(copyBytes(signature), copyBytes(message), copyBytes(publicKey), { zip215: false })
  } catch {
    return false
  }
}

function sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  try {
    // Refuses points of low order, whose secret would be all zeroes.
    return x25519.getSharedSecret(copyBytes(privateKey), copyBytes(publicKey))
  } catch (cause) {
    throw new EngineError('vault.key-mismatch', 'An encryption key of a device is not one that anything can be sealed to.', { cause })
  }
}

/** What reading and unlocking needs, in a browser's worker. */
export const browserPrimitives: UnlockPrimitives = {
  hmacSha256,
  sha256,
  hkdfSha256,
  openAesGcm,
  decompressZstd,
  verifyEd25519,
  randomBytes: (length) => globalThis.crypto.getRandomValues(new Uint8Array(length)),
  sealAesGcm,
  argon2id,
  x25519KeyPair: () => {
    const { secretKey, publicKey } = x25519.keygen()
    return { privateKey: secretKey, publicKey }
  },
  x25519PublicKey: (privateKey) => x25519.getPublicKey(copyBytes(privateKey)),
  x25519: sharedSecret,
}
