import { expect, test } from 'vitest'
import { decodePackTrailer, encodePackTrailer, packFooterBytes, packHeaderBytes, packTrailerBytes } from './pack.ts'

test('no bit of a trailer that no checksum covers can change unseen', () => {
  const footerBytes = packFooterBytes(1, 1)
  const trailer = {
    footerOffset: packHeaderBytes,
    footerBytes,
    segmentCount: 1,
    blobCount: 1,
    footerSha256: new Uint8Array(32),
    packCrc32: 7,
  }
  const bytes = encodePackTrailer(trailer)
  const packSizeBytes = packHeaderBytes + footerBytes + packTrailerBytes
  expect(decodePackTrailer(bytes, packSizeBytes)).toEqual(trailer)
  // Footer hash and crc32 are compared with what they are of; everything else is the trailer's own to defend.
  for (const [first, end] of [
    [0, 16],
    [52, 64],
  ] as const) {
    for (let bit = first * 8; bit < end * 8; bit++) {
      const spoilt = Uint8Array.from(bytes)
      spoilt[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => decodePackTrailer(spoilt, packSizeBytes), `bit ${bit}`).toThrow(expect.objectContaining({ code: 'pack.invalid' }))
    }
  }
})
