// ignoreBOM keeps a leading U+FEFF: a file name may start with one.
const lossyDecoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** For display only: invalid sequences become U+FFFD, so two different names may look alike. */
export function decodeUtf8Lossy(bytes: Uint8Array): string {
  return lossyDecoder.decode(bytes)
}

/** Whether the bytes are UTF-8 as RFC 3629 has it: shortest forms, no surrogates, nothing above U+10FFFF. */
export function isValidUtf8(bytes: Uint8Array): boolean {
  let at = 0
  while (at < bytes.length) {
    const lead = bytes[at]!
    if (lead < 0x80) {
      at++
      continue
    }
    const length = sequenceLength(lead)
    if (length === 0 || at + length > bytes.length) return false
    if (!isSecondByteAllowed(lead, bytes[at + 1]!)) return false
    for (let i = 2; i < length; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return false
    at += length
  }
  return true
}

function sequenceLength(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2
  if (lead >= 0xe0 && lead <= 0xef) return 3
  if (lead >= 0xf0 && lead <= 0xf4) return 4
  return 0
}

/** RFC 3629 §4: the second byte's range depends on the first. */
function isSecondByteAllowed(lead: number, second: number): boolean {
  if (lead === 0xe0) return second >= 0xa0 && second <= 0xbf
  if (lead === 0xed) return second >= 0x80 && second <= 0x9f
  if (lead === 0xf0) return second >= 0x90 && second <= 0xbf
  if (lead === 0xf4) return second >= 0x80 && second <= 0x8f
  return second >= 0x80 && second <= 0xbf
}
