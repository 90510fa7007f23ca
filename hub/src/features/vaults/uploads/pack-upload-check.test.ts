import { randomBytes } from 'node:crypto'
import { isEngineError } from '@holdfast/engine/errors'
import { packTrailerBytes } from '@holdfast/engine/format'
import type { DomainKeys } from '@holdfast/engine/reader'
import { checkPack, deriveDomainKeys, type Pack } from '@holdfast/engine/vault'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildPack, resealed } from '../testing/build-pack.ts'
import { PackUploadCheck, type ExpectedPack } from './pack-upload-check.ts'

const keys: DomainKeys = await deriveDomainKeys(randomBytes(32), { vaultId: randomBytes(16), domainId: randomBytes(16), keyEpoch: 1 })

const expected = (pack: Pack): ExpectedPack => ({ vaultId: keys.vaultId, domainId: keys.domainId, keyEpoch: 1, packId: pack.packId })

function check(bytes: Uint8Array, of: ExpectedPack, cuts: readonly number[] = []): ReturnType<PackUploadCheck['finish']> {
  const checker = new PackUploadCheck(of)
  let from = 0
  for (const cut of [...cuts.toSorted((left, right) => left - right), bytes.length]) {
    if (cut > from) checker.push(bytes.subarray(from, cut))
    from = Math.max(from, cut)
  }
  return checker.finish()
}

const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'accepted'
  } catch (error) {
    return isEngineError(error) ? error.code : String(error)
  }
}

describe('a whole pack', () => {
  test('is understood the same however it is cut on the way', async () => {
    const pack = await buildPack(keys, 3, 800)
    const whole = checkPack(pack.bytes)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: pack.bytes.length - 1 }), { maxLength: 40 }), (cuts) => {
        const upload = check(pack.bytes, expected(pack), cuts)
        expect(upload.segments).toEqual(whole.segments)
        expect(upload.sizeBytes).toBe(pack.bytes.length)
      }),
      { numRuns: 50 },
    )
    const byteByByte = Array.from({ length: pack.bytes.length }, (_, index) => index)
    expect(check(pack.bytes, expected(pack), byteByByte).segments).toEqual(whole.segments)
  })
})

describe('a pack that names a blob twice', () => {
  test('is refused', async () => {
    const pack = await buildPack(keys, 2, 800)
    const footerAt = pack.bytes.length - packTrailerBytes - 2 * (40 + 32)
    const [firstId, secondId] = [footerAt + 80, footerAt + 80 + 32]
    const forged = Buffer.from(pack.bytes)
    forged.copyWithin(secondId, firstId, firstId + 32)
    expect(codeOf(() => check(resealed(forged), expected(pack), []))).toBe('pack.invalid')
    expect(codeOf(() => check(resealed(Buffer.from(pack.bytes)), expected(pack), []))).toBe('accepted')
  })
})

describe('a pack that is not whole', () => {
  test('is refused as soon as more follows than its segments can have as footer', async () => {
    const pack = await buildPack(keys, 3, 800)
    const checker = new PackUploadCheck(expected(pack))
    checker.push(pack.bytes)
    expect(codeOf(() => checker.push(new Uint8Array(1)))).toBe('pack.invalid')
  })

  test('is refused wherever one bit is wrong', async () => {
    const pack = await buildPack(keys, 3, 800)
    const codes = new Map<string, number>()
    for (let at = 0; at < pack.bytes.length; at++) {
      const spoilt = Buffer.from(pack.bytes)
      spoilt[at]! ^= 1 << (at % 8)
      const code = codeOf(() => check(spoilt, expected(pack)))
      codes.set(code, (codes.get(code) ?? 0) + 1)
    }
    expect(codes.get('accepted') ?? 0).toBe(0)
    expect([...codes.keys()].toSorted()).toEqual(expect.arrayContaining(['pack.checksum-mismatch', 'pack.invalid']))
  })

  test('is refused wherever it ends too early', async () => {
    const pack = await buildPack(keys, 3, 800)
    for (const length of [0, 1, 63, 64, 65, 67, 68, 104, 200, pack.bytes.length - 65, pack.bytes.length - 64, pack.bytes.length - 1]) {
      expect(codeOf(() => check(pack.bytes.subarray(0, length), expected(pack)))).not.toBe('accepted')
    }
  })

  test('is refused with bytes after its end', async () => {
    const pack = await buildPack(keys, 3, 800)
    expect(codeOf(() => check(Buffer.concat([pack.bytes, Buffer.alloc(1)]), expected(pack)))).toBe('pack.invalid')
  })
})

describe('a pack of somebody else', () => {
  test('is refused with another id, vault, domain or key epoch', async () => {
    const pack = await buildPack(keys, 3, 800)
    for (const other of [{ packId: randomBytes(16) }, { vaultId: randomBytes(16) }, { domainId: randomBytes(16) }, { keyEpoch: 2 }]) {
      expect(codeOf(() => check(pack.bytes, { ...expected(pack), ...other }))).toBe('pack.invalid')
    }
  })

  test('is refused when a segment was born elsewhere, although all checksums are right', async () => {
    const pack = await buildPack(keys, 1, 800)
    const other = await buildPack(keys, 1, 800)
    const [own] = checkPack(pack.bytes).segments
    const [foreign] = checkPack(other.bytes).segments
    if (own === undefined || foreign === undefined || own.length !== foreign.length)
      throw new Error('The two segments should have one length')
    const forged = Buffer.from(pack.bytes)
    forged.set(other.bytes.subarray(foreign.offset, foreign.offset + foreign.length), own.offset)
    expect(codeOf(() => check(resealed(forged), expected(pack)))).toBe('pack.invalid')
  })

  test('is refused when its footer gives a segment another birth, although all checksums are right', async () => {
    const pack = await buildPack(keys, 1, 800)
    const forged = Buffer.from(pack.bytes)
    const footerAt = forged.readUInt32LE(forged.length - packTrailerBytes)
    randomBytes(16).copy(forged, footerAt + 16)
    expect(codeOf(() => check(resealed(forged), expected(pack)))).toBe('pack.invalid')
  })
})
