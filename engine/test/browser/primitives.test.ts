import { argon2Sync, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { constants, zstdCompressSync } from 'node:zlib'
import { ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { concatBytes, fromBase64Url, fromHex, toHex } from '../../src/bytes/index.ts'
import { nodePrimitives, rawPublicKey } from '../../src/vault/index.ts'
import { EngineInChromium } from './testing/chromium.ts'
import { doings } from './testing/in-both.ts'

/*
 * What a vault rests on, in a real browser and on Node: known answers for each, then the same inputs, outputs and refusals for both.
 */

let browser: EngineInChromium
const node = doings(nodePrimitives)
type Name = keyof typeof node

beforeAll(async () => {
  browser = await EngineInChromium.start()
})
afterAll(() => browser.close())

const hex = fromHex
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
/** What comes of it: bytes as hex, or the code of the refusal. */
async function outcome(what: () => unknown): Promise<unknown> {
  try {
    const value = await what()
    return value instanceof Uint8Array ? toHex(value) : value
  } catch (error) {
    return { refused: (error as { code?: string }).code ?? String(error) }
  }
}
const onNode = (name: Name, given: readonly unknown[]): Promise<unknown> =>
  outcome(() => (node[name] as (...all: readonly unknown[]) => unknown)(...given))
const inBrowser = (name: Name, given: readonly unknown[]): Promise<unknown> =>
  outcome(() => (browser.do as (name: Name, ...all: readonly unknown[]) => Promise<unknown>).call(browser, name, ...given))

/** @returns what both made of it */
async function both(name: Name, ...given: readonly unknown[]): Promise<unknown> {
  const [here, there] = [await onNode(name, given), await inBrowser(name, given)]
  expect(there, `${name} in the browser, as on Node`).toEqual(here)
  return here
}
const authenticationFailed = { refused: 'segment.authentication-failed' }
const noPack = { refused: 'pack.invalid' }
const noKey = { refused: 'vault.key-mismatch' }

/** Little endian. */
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes.toReversed())}`)

/** McGrew and Viega, test case 16. */
const gcm = {
  key: hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'),
  nonce: hex('cafebabefacedbaddecaf888'),
  plain: hex('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39'),
  aad: hex('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
  sealed: hex(
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  ),
}
const ed25519 = {
  key: hex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'),
  message: hex('72'),
  signature: hex(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ),
}

describe('known answers', () => {
  test.each<readonly [string, Name, readonly unknown[], unknown]>([
    ['FIPS 180-4', 'sha256', [text('abc')], 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'FIPS 180-4, in parts',
      'sha256',
      [text('a'), text(''), text('bc')],
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    ],
    [
      'RFC 4231, 1',
      'hmacSha256',
      [hex('0b'.repeat(20)), text('Hi There')],
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    ],
    [
      'RFC 4231, 2',
      'hmacSha256',
      [text('Jefe'), text('what do ya want '), text('for nothing?')],
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      'RFC 5869, 1',
      'hkdfSha256',
      [hex('0b'.repeat(22)), hex('000102030405060708090a0b0c'), hex('f0f1f2f3f4f5f6f7f8f9')],
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf',
    ],
    ['GCM, 16, sealed', 'sealAesGcm', [gcm.key, gcm.nonce, gcm.plain, gcm.aad], toHex(gcm.sealed)],
    ['GCM, 16, opened', 'openAesGcm', [gcm.key, gcm.nonce, gcm.sealed, gcm.aad], toHex(gcm.plain)],
    ['RFC 8032, 2', 'verifyEd25519', [ed25519.key, ed25519.signature, ed25519.message], true],
    [
      'RFC 7748, 1',
      'x25519',
      [
        hex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4'),
        hex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c'),
      ],
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    ],
    [
      'RFC 7748, 2: its highest bit does not count',
      'x25519',
      [
        hex('4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d'),
        hex('e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493'),
      ],
      '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
    ],
    [
      'RFC 7748 §6.1',
      'x25519PublicKey',
      [fromBase64Url('dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo')],
      toHex(fromBase64Url('hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo')),
    ],
    [
      'the reference implementation of argon2',
      'argon2id',
      [text('password'), text('somesalt'), { memoryKiB: 65_536, iterations: 2, parallelism: 1 }],
      '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7',
    ],
  ])('%s', async (_, name, given, expected) => {
    expect(await both(name, ...given)).toEqual(expected)
  })
})

const byte = fc.uint8Array({ minLength: 32, maxLength: 32 })
const anyBytes = fc.uint8Array({ maxLength: 300 })

describe('the same of anything', () => {
  test('hashes, MACs and derived keys', async () => {
    await fc.assert(
      fc.asyncProperty(byte, anyBytes, anyBytes, async (key, one, other) => {
        await both('sha256', one, other)
        await both('hmacSha256', key, one, other)
        await both('hmacSha256', one, key)
        await both('hkdfSha256', key, one, other)
      }),
      { numRuns: 25 },
    )
  })

  test('what one seals the other opens, and neither what was changed', async () => {
    const nonce = fc.uint8Array({ minLength: 12, maxLength: 12 })
    const sealing = fc.record({ key: byte, nonce, plain: anyBytes, aad: anyBytes })
    await fc.assert(
      fc.asyncProperty(sealing, fc.nat(), async ({ key, plain, aad, ...once }, at) => {
        const sealed = hex((await both('sealAesGcm', key, once.nonce, plain, aad)) as string)
        expect(await both('openAesGcm', key, once.nonce, sealed, aad)).toBe(toHex(plain))
        const changed = Uint8Array.from(sealed)
        changed[at % sealed.length]! ^= 1 << (at % 8)
        expect(await both('openAesGcm', key, once.nonce, changed, aad)).toEqual(authenticationFailed)
        expect(await both('openAesGcm', key, once.nonce, sealed, concatBytes([aad, Uint8Array.of(0)]))).toEqual(authenticationFailed)
      }),
      { numRuns: 25 },
    )
  })

  test('ids of blobs', async () => {
    for (const length of [0, 1, 1024, 4097, 70_000, 1_048_577])
      await both(
        'blobId',
        randomBytes(32),
        1,
        Uint8Array.from({ length }, (_, index) => index % 251),
      )
  })

  test('signatures of any message', async () => {
    const pair = generateKeyPairSync('ed25519')
    const key = rawPublicKey(pair.publicKey)
    await fc.assert(
      fc.asyncProperty(anyBytes, fc.nat(), async (message, at) => {
        const signature = new Uint8Array(sign(null, message, pair.privateKey))
        expect(await both('verifyEd25519', key, signature, message)).toBe(true)
        signature[at % 64]! ^= 1 << (at % 8)
        expect(await both('verifyEd25519', key, signature, message)).toBe(false)
      }),
      { numRuns: 25 },
    )
  })

  test('shared secrets, between the two', async () => {
    const [here, there] = [await node.x25519KeyPair(), await browser.do('x25519KeyPair')]
    expect(await both('x25519PublicKey', there.privateKey)).toBe(toHex(there.publicKey))
    expect(await both('x25519', here.privateKey, there.publicKey)).toBe(await both('x25519', there.privateKey, here.publicKey))
    await fc.assert(
      fc.asyncProperty(byte, byte, async (privateKey, publicKey) => void (await both('x25519', privateKey, publicKey))),
      { numRuns: 20 },
    )
  })

  test('passphrases stretched, as Node\u2019s own argon2id does it', async () => {
    for (const [memoryKiB, iterations, parallelism] of [
      [19 * 1024, 1, 1],
      [20 * 1024, 2, 3],
    ] as const) {
      const [message, nonce] = [randomBytes(20), randomBytes(32)]
      const found = await both('argon2id', message, nonce, { memoryKiB, iterations, parallelism })
      expect(found).toBe(
        argon2Sync('argon2id', { message, nonce, parallelism, tagLength: 32, memory: memoryKiB, passes: iterations }).toString('hex'),
      )
    }
  })

  test('frames of zstd, of every level and kind of content', async () => {
    const log = Buffer.from('2026-11-23 INFO the same line again, and again\n'.repeat(3000))
    for (const plain of [Buffer.alloc(0), Buffer.from('x'), log, Buffer.alloc(1_000_000), randomBytes(200_000)])
      for (const level of [1, 9, 19]) {
        const frame = zstdCompressSync(plain, { params: { [constants.ZSTD_c_compressionLevel]: level } })
        expect(await both('decompressZstd', frame, plain.length)).toBe(plain.toString('hex'))
      }
  })

  test('random bytes are as many as were asked for, and never the same', async () => {
    for (const take of [(length: number) => node.randomBytes(length), (length: number) => browser.do('randomBytes', length)]) {
      const [one, other] = [await take(32), await take(32)]
      expect([one.length, other.length, (await take(0)).length]).toEqual([32, 32, 0])
      expect(toHex(one)).not.toBe(toHex(other))
    }
  })
})

describe('the same refusals', () => {
  test('of sealed bytes that are cut short or under another key', async () => {
    const { key, nonce, sealed, aad } = gcm
    for (const length of [0, 1, 15, 16, sealed.length - 1])
      expect(await both('openAesGcm', key, nonce, sealed.subarray(0, length), aad), String(length)).toEqual(authenticationFailed)
    expect(await both('openAesGcm', new Uint8Array(32), nonce, sealed, aad)).toEqual(authenticationFailed)
    expect(await both('openAesGcm', key, new Uint8Array(12), sealed, aad)).toEqual(authenticationFailed)
  })

  test('of frames that unpack to more or less than they may, however much they claim', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(256 * 1024 * 1024))
    expect(bomb.length).toBeLessThan(64 * 1024)
    for (const size of [0, 17, 1_000_000]) expect(await both('decompressZstd', bomb, size)).toEqual(noPack)
    // A single block of one byte, again and again: the header says nothing of a size.
    const rle = concatBytes([hex('28b52ffd00'), hex('58'), ...Array.from({ length: 200 }, () => hex('02001041')), hex('03001041')])
    expect(await both('decompressZstd', rle, 1000)).toEqual(noPack)
    const frame = zstdCompressSync(Buffer.from('hello hello hello'))
    for (const size of [0, 1, 16, 18, 8_388_608]) expect(await both('decompressZstd', frame, size), String(size)).toEqual(noPack)
    expect(await both('decompressZstd', frame, 17)).toBe(Buffer.from('hello hello hello').toString('hex'))
  })

  test('of what is not exactly one frame', async () => {
    const frame = zstdCompressSync(Buffer.from('hello hello hello'))
    const skipped = hex('502a4d18020000000102')
    for (let length = 0; length < frame.length; length++)
      expect(await both('decompressZstd', frame.subarray(0, length), 17), String(length)).toEqual(noPack)
    for (const bytes of [
      Buffer.concat([frame, Buffer.from('x')]),
      Buffer.concat([frame, frame]),
      Buffer.concat([frame, skipped]),
      Buffer.concat([skipped, frame]),
      skipped,
      // Of a dictionary; of a reserved bit; of a reserved kind of block; of a window of 3.75 TiB.
      Buffer.concat([hex('28b52ffd2107'), frame.subarray(5)]),
      Buffer.concat([hex('28b52ffd28'), frame.subarray(5)]),
      hex('28b52ffd2000070000'),
      hex('28b52ffd00ff010000'),
    ])
      expect(await both('decompressZstd', bytes, 17), Buffer.from(bytes).toString('hex')).toEqual(noPack)
  })

  test('of frames with any one byte changed', async () => {
    const plain = Buffer.from('a line of a log, and another line of the same log\n'.repeat(20))
    const frame = zstdCompressSync(plain)
    for (let at = 0; at < frame.length; at++)
      for (const change of [1, 0x80, 0xff]) {
        const changed = Uint8Array.from(frame)
        changed[at]! ^= change
        await both('decompressZstd', changed, plain.length)
      }
  })

  test('of points that make a shared secret of zeroes, and of what is no key', async () => {
    const mine = randomBytes(32)
    const low = [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
      `ec${'ff'.repeat(30)}7f`,
      `ed${'ff'.repeat(30)}7f`,
      `ee${'ff'.repeat(30)}7f`,
    ]
    for (const point of low) {
      const high = hex(point)
      high[31]! |= 0x80
      for (const publicKey of [hex(point), high]) expect(await both('x25519', mine, publicKey), point).toEqual(noKey)
    }
    for (const length of [0, 31, 33]) {
      expect(await both('x25519', mine, new Uint8Array(length).fill(9))).toEqual(noKey)
      expect(await both('x25519', new Uint8Array(length).fill(9), (await node.x25519KeyPair()).publicKey)).toEqual(noKey)
    }
    // Spelled larger than the field: as RFC 7748 asks, it counts as what is left.
    expect(await both('x25519', mine, hex(`f6${'ff'.repeat(30)}7f`))).toBe(await both('x25519', mine, hex(`09${'00'.repeat(31)}`)))
  })

  test('of signing keys under which anybody can sign, signatures spelled otherwise, and what is none', async () => {
    const identity = hex(`01${'00'.repeat(31)}`)
    const nothing = concatBytes([identity, new Uint8Array(32)])
    for (const point of ED25519_TORSION_SUBGROUP) {
      const high = hex(point)
      high[31]! ^= 0x80
      for (const key of [hex(point), high]) expect(await both('verifyEd25519', key, nothing, text('anything'))).toBe(false)
    }
    const { key, signature, message } = ed25519
    // S + L is the same number to who does not look.
    const order = numberOf(hex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010'))
    const s = (numberOf(signature.subarray(32)) + order).toString(16).padStart(64, '0')
    const malleable = concatBytes([signature.subarray(0, 32), hex(s).toReversed()])
    expect(await both('verifyEd25519', key, malleable, message)).toBe(false)
    for (const [badKey, badSignature] of [
      [key.subarray(1), signature],
      [key, signature.subarray(1)],
      [new Uint8Array(0), new Uint8Array(0)],
      [new Uint8Array(32).fill(255), signature],
      [key, new Uint8Array(64).fill(255)],
    ] as const)
      expect(await both('verifyEd25519', badKey, badSignature, message)).toBe(false)
  })

  test('of more memory than there is', async () => {
    const cost = { memoryKiB: 4 * 1024 * 1024, iterations: 1, parallelism: 1 }
    expect(await both('argon2id', text('x'), new Uint8Array(32), cost)).toEqual({ refused: 'vault.invalid' })
  })
})

test('nothing of Node is in what browsers load', () => {
  for (const [name, code] of browser.chunks) {
    expect(code, name).not.toMatch(/(?:from|import|require)\s*\(?\s*["']node:/)
    expect(code, name).not.toContain('__vite-browser-external')
  }
})
