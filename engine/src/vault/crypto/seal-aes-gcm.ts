import { createCipheriv } from 'node:crypto'
import { concatBytes } from '../../bytes/index.ts'

/** Ciphertext ‖ 16-byte tag. The caller owns the uniqueness of (key, nonce). */
export function sealAesGcm(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, aad: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(aad)
  const body = cipher.update(plain)
  cipher.final()
  return concatBytes([body, cipher.getAuthTag()])
}
