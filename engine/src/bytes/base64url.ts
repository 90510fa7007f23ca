import { EngineError } from '../errors/index.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const valueByCode = new Int8Array(128).fill(-1)
for (let i = 0; i < alphabet.length; i++) valueByCode[alphabet.charCodeAt(i)] = i

/** RFC 4648 §5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at
    const group = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    text += alphabet[group >>> 18]! + alphabet[(group >>> 12) & 63]!
    if (left > 1) text += alphabet[(group >>> 6) & 63]!
    if (left > 2) text += alphabet[group & 63]!
  }
  return text
}

/**
 * Accepts only what {@link toBase64Url} gives: no padding, no whitespace, unused bits zero. One value, one spelling.
 * @throws EngineError `bytes.invalid`
 */
export function fromBase64Url(text: string): Uint8Array {
  if (text.length % 4 === 1) throw invalidBase64()
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let pending = 0
  let pendingBits = 0
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const value = valueByCode[text.charCodeAt(i)] ?? -1
    if (value < 0) throw invalidBase64()
    pending = (pending << 6) | value
    pendingBits += 6
    if (pendingBits >= 8) {
      pendingBits -= 8
      bytes[at++] = pending >>> pendingBits
      pending &= (1 << pendingBits) - 1
    }
  }
  if (pending !== 0) throw invalidBase64()
  return bytes
}

function invalidBase64(): EngineError {
  return new EngineError('bytes.invalid', 'The text is not base64url without padding.')
}
