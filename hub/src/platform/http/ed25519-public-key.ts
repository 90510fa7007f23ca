import { createPublicKey, type KeyObject } from 'node:crypto'

/** A raw 32-byte Ed25519 public key as node:crypto wants it. */
export const ed25519PublicKey = (raw: Uint8Array): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(raw).toString('base64url') }, format: 'jwk' })
