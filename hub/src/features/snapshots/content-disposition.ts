import { decodeUtf8Lossy } from '@holdfast/engine/bytes'

/**
 * `attachment` with the file's name: an ASCII fallback that nothing can be hidden in, and the whole name by RFC 5987 (RFC 6266 §4.3).
 * A name that is not UTF-8 is sent with U+FFFD in it: headers have no way to carry raw bytes.
 */
export function attachmentNamed(name: Uint8Array): string {
  const text = decodeUtf8Lossy(name)
  const fallback = text.replaceAll(/[^\u0020-\u007e]|["\\%]/g, '_')
  return `attachment; filename="${fallback}"; filename*=UTF-8''${encodeExtended(text)}`
}

/** attr-char of RFC 5987 stands for itself; encodeURIComponent leaves `'()*` out of what it encodes. */
const encodeExtended = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replaceAll(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
