import { EngineError } from '../errors/index.ts'

const pairs: readonly string[] = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'))

/** Lower-case, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += pairs[bytes[i]!]!
  return text
}

/**
 * Accepts only what {@link toHex} gives (lower-case, even length), so an id has one spelling.
 * @throws EngineError `bytes.invalid`
 */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw invalidHex()
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = digit(text.charCodeAt(2 * i)) * 16 + digit(text.charCodeAt(2 * i + 1))
  return bytes
}

function digit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  if (code >= 0x61 && code <= 0x66) return code - 0x61 + 10
  throw invalidHex()
}

// The text is not quoted: it may be a key typed at the wrong place.
function invalidHex(): EngineError {
  return new EngineError('bytes.invalid', 'The text is not hexadecimal: an even number of digits 0-9 and a-f is expected.')
}
