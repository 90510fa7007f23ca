import { createCipheriv } from 'node:crypto'
import { concatBytes, releaseBytes } from '../../bytes/index.ts'

/** Small enough that what the cipher gives out is still in the processor's cache when it is copied (32 to 128 KiB were as quick, measured 2026-11). */
const sliceBytes = 64 * 1024

/** Ciphertext ‖ 16-byte tag. The caller owns the uniqueness of (key, nonce). */
export function sealAesGcm(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, aad: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(aad)
  const body = cipher.update(plain)
  cipher.final()
  return concatBytes([body, cipher.getAuthTag()])
}

export interface PartsToSeal {
  readonly key: Uint8Array
  readonly nonce: Uint8Array
  readonly parts: readonly Uint8Array[]
  readonly aad: Uint8Array
}

/**
 * The same for a plaintext in parts, written to the start of `into`: nothing as long as the plaintext is made on the way, which is half
 * of the work for large ones (2.6 ms a MiB became 1.0, 2-core Xeon at 2.5 GHz, 2026-11).
 */
export function sealAesGcmInto(into: Uint8Array, { key, nonce, parts, aad }: PartsToSeal): void {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(aad)
  let at = 0
  for (const part of parts) {
    for (let start = 0; start < part.length; start += sliceBytes) {
      const sealed = cipher.update(part.subarray(start, start + sliceBytes))
      into.set(sealed, at)
      at += sealed.length
      releaseBytes(sealed)
    }
  }
  cipher.final()
  into.set(cipher.getAuthTag(), at)
}
