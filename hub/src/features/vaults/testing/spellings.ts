import { brotliDecompressSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib'

/*
 * Searching everything that a hub has for what it must not know: names and pieces of contents, as they are and in the spellings in which programs write bytes. What is compressed
 * is searched unpacked as well.
 */

/** A thing that the hub must not know. */
export interface Known {
  readonly what: string
  readonly bytes: Buffer
}

const base64Letters = (bytes: Buffer): Buffer[] =>
  // Where in the three bytes of a group it begins decides how it looks; the letters at both ends depend on its neighbours.
  [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replaceAll('=', '')
    const inner = text.slice(shift === 0 ? 0 : shift + 1, -2)
    return inner.length < 8 ? [] : [Buffer.from(inner), Buffer.from(inner.replaceAll('+', '-').replaceAll('/', '_'))]
  })

/** As it may stand anywhere. */
export function spellingsOf({ bytes }: Known): Buffer[] {
  const utf16 = Buffer.from(bytes.toString('latin1'), 'utf16le')
  const escaped = [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
  return [
    bytes,
    Buffer.from(bytes.toString('hex')),
    Buffer.from(bytes.toString('hex').toUpperCase()),
    utf16,
    Buffer.from(utf16).swap16(),
    Buffer.from(encodeURIComponent(bytes.toString('latin1'))),
    Buffer.from(escaped),
    Buffer.from([...bytes].toReversed()),
    ...base64Letters(bytes),
  ]
}

const gzipHeaderBytes = 10
/** Up to the end of the compressed data: what follows it is somebody else's. */
const inflaters = [
  {
    magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
    open: (bytes: Buffer) => zstdDecompressSync(bytes.subarray(0, endOfZstdFrame(bytes)), bound),
  },
  { magic: Buffer.from([0x1f, 0x8b, 0x08, 0x00]), open: (bytes: Buffer) => inflateRawSync(bytes.subarray(gzipHeaderBytes), bound) },
  { magic: Buffer.from([0x78, 0x01]), open: (bytes: Buffer) => inflateSync(bytes, bound) },
  { magic: Buffer.from([0x78, 0x9c]), open: (bytes: Buffer) => inflateSync(bytes, bound) },
  { magic: Buffer.from([0x78, 0xda]), open: (bytes: Buffer) => inflateSync(bytes, bound) },
]
const bound = { maxOutputLength: 64 * 1024 * 1024 }

/** RFC 8878 §3.1.1. */
function endOfZstdFrame(bytes: Buffer): number {
  const descriptor = bytes[4] ?? 0
  const isSingle = (descriptor & 32) !== 0
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0
  let at = 5 + (isSingle ? 0 : 1) + sizeBytes + ([0, 1, 2, 4][descriptor & 3] ?? 0)
  for (let isLast = false; !isLast && at + 3 <= bytes.length;) {
    const header = bytes.readUIntLE(at, 3)
    isLast = (header & 1) !== 0
    at += 3 + (((header >>> 1) & 3) === 1 ? 1 : header >>> 3)
  }
  return at + ((descriptor & 4) === 0 ? 0 : 4)
}

/** What can be unpacked of some bytes, wherever in them it begins. */
export function unpacked(bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (const { magic, open } of inflaters)
    for (let at = bytes.indexOf(magic); at !== -1; at = bytes.indexOf(magic, at + 1)) {
      try {
        found.push(Buffer.from(open(bytes.subarray(at))))
      } catch {
        // No compressed data begins here.
      }
    }
  for (const open of [inflateRawSync, brotliDecompressSync]) {
    try {
      found.push(Buffer.from(open(bytes, bound)))
    } catch {
      // It is none as a whole.
    }
  }
  return found
}

/** Base64 and hex within texts, as bytes: what was packed before it was written so. */
function decoded(bytes: Buffer): Buffer[] {
  const text = bytes.toString('latin1')
  return [
    ...[...text.matchAll(/[A-Za-z0-9+/_-]{40,}/g)].map(([run]) => Buffer.from(run, 'base64')),
    ...[...text.matchAll(/[0-9a-fA-F]{40,}/g)].map(([run]) => Buffer.from(run, 'hex')),
  ]
}

/** Which of what must not be known stands in a place. */
export function findKnown(place: Buffer, known: readonly Known[]): string[] {
  const texts = decoded(place)
  const all = [place, ...unpacked(place), ...texts, ...texts.flatMap(unpacked)]
  return known.filter((one) => spellingsOf(one).some((spelling) => all.some((bytes) => bytes.includes(spelling)))).map(({ what }) => what)
}
