import { createDecipheriv, createHash, createHmac, createPublicKey, hkdfSync, verify, type KeyObject } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { toBase64Url } from '../../bytes/index.ts'
import { EngineError } from '../../errors/index.ts'
import type { Primitives } from '../../reader/primitives.ts'

const tagBytes = 16

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
  verify(null, message, publicKeyFromRaw('Ed25519', publicKey), signature)

/** The reading side's primitives on Node; all synchronous. */
export const nodePrimitives: Primitives = { hmacSha256, sha256, hkdfSha256, openAesGcm, decompressZstd, verifyEd25519 }
