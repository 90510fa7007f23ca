import { decodeUtf8Lossy, isValidUtf8 } from '@holdfast/engine/bytes'

/**
 * Characters that a terminal obeys, that hide, or that turn the text around them (bidirectional controls): a file name must not
 * be able to clear the screen or to look like another one.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what this looks for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\\]|[\ud800-\udfff]/gu

/** A name from somebody's disk as one safe piece of a line: control characters as `\xNN` or `\u{N}`, a backslash doubled. */
export const escapeText = (text: string): string =>
  text.replaceAll(unsafe, (character) => {
    if (character === '\\') return '\\\\'
    const code = character.codePointAt(0) ?? 0
    return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })

/** The same for raw bytes: those that are not UTF-8 are shown as `\xNN`. */
export function escapeBytes(bytes: Uint8Array): string {
  if (isValidUtf8(bytes)) return escapeText(decodeUtf8Lossy(bytes))
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at)
    if (length === 0) {
      text += `\\x${(bytes[at] ?? 0).toString(16).padStart(2, '0')}`
      at += 1
    } else {
      text += escapeText(decodeUtf8Lossy(bytes.subarray(at, at + length)))
      at += length
    }
  }
  return text
}

/** Length of the valid UTF-8 character that starts here; 0 when none does. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  const length =
    first < 0x80 ? 1 : first >= 0xc2 && first <= 0xdf ? 2 : (first & 0xf0) === 0xe0 ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0
  if (length === 0 || at + length > bytes.length) return 0
  return isValidUtf8(bytes.subarray(at, at + length)) ? length : 0
}

/** A path as the hub tells it. */
export const escapePath = (path: { readonly path: string; readonly pathBase64?: string | undefined }): string =>
  path.pathBase64 === undefined ? escapeText(path.path) : escapeBytes(Buffer.from(path.pathBase64, 'base64'))
