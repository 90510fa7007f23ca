import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { concatBytes } from '../../bytes/index.ts'
import { rawPublicKey } from './node-primitives.ts'

/** DER of a PKCS #8 Ed25519 key up to its 32 bytes (RFC 8410). */
const pkcs8Start = Uint8Array.of(0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20)

/** The Ed25519 key pair of a 32-byte seed. */
export function signKeyOfSeed(seed: Uint8Array): { readonly privateKey: KeyObject; readonly publicKey: Uint8Array } {
  const privateKey = createPrivateKey({ key: Buffer.from(concatBytes([pkcs8Start, seed])), format: 'der', type: 'pkcs8' })
  return { privateKey, publicKey: rawPublicKey(createPublicKey(privateKey)) }
}
