import { toHex } from '../bytes/index.ts'

/** Every spelling of the y of the eight points of small order on edwards25519. */
const smallOrder = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
])

/** Ed25519 keys under which anybody can sign: libraries differ in whether they take them, so nobody asks one. */
export function isWeakSignKey(publicKey: Uint8Array): boolean {
  const y = Uint8Array.from(publicKey)
  y[31]! &= 0x7f
  return smallOrder.has(toHex(y))
}
