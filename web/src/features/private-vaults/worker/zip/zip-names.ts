import { decodeUtf8Lossy, isValidUtf8 } from '@holdfast/engine/bytes'

const percent = 0x25

/**
 * The name of an entry as a zip has it, such that every program unpacks it to one and the same place, and no two to one.
 *
 * A name is kept as it is but for these: not UTF-8; with a backslash, which is a folder for some; with control characters, which some leave
 * out; `.` and `..`; and at the top of the zip `C:`, which would be absolute for some. In such a name each byte of what offends is written `%XX`, and a
 * percent sign `%25`: two different ones stay different. Where a neighbour is really called that, percent signs are added, which no such name ends in.
 * `C:` itself is `C`, as nobody expects anything else.
 *
 * @param isTaken whether the folder has an entry of exactly that name
 */
export async function zipNameOf(name: Uint8Array, isAtTop: boolean, isTaken: (name: Uint8Array) => Promise<boolean>): Promise<string> {
  const text = isValidUtf8(name) ? decodeUtf8Lossy(name) : null
  const isDrive = isAtTop && startsLikeDrive(name)
  if (text !== null && !isDrive && !isDots(name) && !offending.test(text)) return text
  if (isDrive && name.length === 2 && !(await isTaken(name.subarray(0, 1)))) return decodeUtf8Lossy(name.subarray(0, 1))
  let safe = escapeName(name, isDrive)
  while (await isTaken(new TextEncoder().encode(safe))) safe += '%'
  return safe
}

const offending = /[\p{Cc}\\/]/u
const isDots = (name: Uint8Array): boolean => name.length <= 2 && name.every((byte) => byte === 0x2e)
const startsLikeDrive = (name: Uint8Array): boolean => name[1] === 0x3a && /^[A-Za-z]$/.test(String.fromCharCode(name[0] ?? 0))

/** One to one: a percent sign stands for itself nowhere. */
function escapeName(name: Uint8Array, isDrive: boolean): string {
  let safe = ''
  for (let at = 0; at < name.length;) {
    const character = name.subarray(at, at + Math.max(characterBytes(name, at), 1))
    const isPlain = isValidUtf8(character) && !offending.test(decodeUtf8Lossy(character)) && character[0] !== percent
    if (isPlain && !isDots(name) && !(isDrive && at === 1)) safe += decodeUtf8Lossy(character)
    else for (const byte of character) safe += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    at += character.length
  }
  return safe
}

/** Bytes of the character that begins here; 0 = none does. */
function characterBytes(bytes: Uint8Array, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) if (isValidUtf8(bytes.subarray(at, at + length))) return length
  return 0
}
