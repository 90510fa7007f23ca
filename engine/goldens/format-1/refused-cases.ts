import { concatBytes, fromHex } from '../../src/bytes/index.ts'
import { encodeSnapshotBody, segmentHeaderBytes, packHeaderBytes } from '../../src/format/index.ts'
import type { ReaderName } from '../../test/browser/testing/outcomes-of-readers.ts'
import * as values from './golden-values.ts'
import { patched, replaced, slotWith, text, u32, varint } from './refused-values.ts'

/** What a reader has to make of it, the reader, what is with it, and the bytes. */
export type Case = readonly ['accepted' | 'refused', ReaderName, string, ...Uint8Array[]]

const behind = (bytes: Uint8Array): Uint8Array => concatBytes([bytes, fromHex('00')])
const [version2, tooLarge] = [fromHex('0200'), fromHex('0000000000002000')]

export const vaultFileCases = (file: Uint8Array): Case[] => {
  const spoilt = (what: string, from: string, to: string): Case => ['refused', 'vault.json', what, replaced(file, from, to)]
  const whole = new TextDecoder().decode(file)
  const domain = /"domains":\[(.*?)\]/.exec(whole)![1]!
  const id = /"vaultId":"(.*?)"/.exec(whole)![1]!
  return [
    ['accepted', 'vault.json', 'as it is', file],
    spoilt('a second domain', domain, `${domain},${domain}`),
    spoilt('no domain', domain, ''),
    spoilt('a domain that is none', domain, 'null'),
    spoilt('epoch 2', '"keyEpoch":1', '"keyEpoch":2'),
    spoilt('a feature', '"features":[]', '"features":["x"]'),
    spoilt('another chunker', '"normalisation":2', '"normalisation":3'),
    spoilt('another size of chunks', '4194304', '4194305'),
    spoilt('other ids of blobs', '"blake3-keyed"', '"sha-256"'),
    spoilt('an unknown kind', '"managed"', '"public"'),
    spoilt('version 2', '"version":1', '"version":2'),
    spoilt('another format', 'holdfast-vault', 'holdfast-agent'),
    spoilt('white space', '{"format"', '{ "format"'),
    spoilt('a number in another form', '"createdAtMs":1,', '"createdAtMs":1.0,'),
    spoilt('a vault id in capitals', id, id.toUpperCase()),
    spoilt('a vault id that is none', id, 'x'),
    spoilt('a domain id that is none', '"domains":[{"id":"', '"domains":[{"id":"x'),
    spoilt('one more key', ',"mac"', ',"more":1,"mac"'),
    spoilt('a key less', '"createdAtMs":1,', ''),
    ['refused', 'vault.json', 'no newline', file.subarray(0, -1)],
    ['refused', 'vault.json', 'one more newline', text(`${whole}\n`)],
    ['refused', 'vault.json', 'a mark of byte order', concatBytes([fromHex('efbbbf'), file])],
    ['refused', 'vault.json', 'no JSON', text('vault')],
    ['refused', 'vault.json', 'null', text('null\n')],
  ]
}

/** @param slot of a passphrase */
export const slotCases = (slot: Uint8Array, wordsSlot: Uint8Array): Case[] => {
  const cost = (what: string, at: number, value: number, expected: Case[0] = 'refused'): Case => [
    expected,
    'key slot',
    what,
    slotWith(slot, at, u32(value)),
  ]
  const [memory, iterations, lanes] = [44, 48, 52]
  return [
    ['accepted', 'key slot', 'of a passphrase', slot],
    ['accepted', 'key slot', 'of words', wordsSlot],
    cost('19 MiB', memory, 19 * 1024, 'accepted'),
    cost('less than 19 MiB', memory, 19 * 1024 - 1),
    cost('1 GiB', memory, 2 ** 20, 'accepted'),
    cost('more than 1 GiB', memory, 2 ** 20 + 1),
    cost('one iteration', iterations, 1, 'accepted'),
    cost('no iteration', iterations, 0),
    cost('32 iterations', iterations, 32, 'accepted'),
    cost('33 iterations', iterations, 33),
    cost('no lane', lanes, 0),
    cost('16 lanes', lanes, 16, 'accepted'),
    cost('17 lanes', lanes, 17),
    ['refused', 'key slot', 'words that cost', slotWith(wordsSlot, memory, u32(65_536))],
    ['refused', 'key slot', 'kind 0', slotWith(slot, 10, fromHex('00'))],
    ['refused', 'key slot', 'kind 5', slotWith(slot, 10, fromHex('05'))],
    ['refused', 'key slot', 'a byte that is not zero', slotWith(slot, 11, fromHex('01'))],
    ['refused', 'key slot', 'version 2', slotWith(slot, 8, version2)],
    ['refused', 'key slot', 'a wrong checksum', patched(slot, -1, Uint8Array.of(slot.at(-1)! ^ 1))],
    ['refused', 'key slot', 'version 2 with a wrong checksum', patched(slot, 8, version2)],
    ['refused', 'key slot', 'a byte behind it', behind(slot)],
    ['refused', 'key slot', 'cut short', slot.subarray(0, -1)],
    ['accepted', 'recovery words', '24', text(`${'abandon '.repeat(23)}art`)],
    ['refused', 'recovery words', '12', text(`${'abandon '.repeat(11)}about`)],
    ['refused', 'recovery words', '24 of a wrong checksum', text('abandon '.repeat(24))],
    ['refused', 'recovery words', 'an unknown one', text(`${'abandon '.repeat(23)}holdfast`)],
  ]
}

export const textCases = (reader: 'agent object' | 'revocation' | 'rewriting key', file: Uint8Array): Case[] => [
  ['accepted', reader, 'as it is', file],
  ['refused', reader, 'version 2', replaced(file, '"version":1', '"version":2')],
  ['refused', reader, 'another format', replaced(file, '"format":"holdfast-', '"format":"other-')],
  ['refused', reader, 'one more key', replaced(file, ',"mac"', ',"more":1,"mac"')],
  ['refused', reader, 'an id that is none', replaced(file, 'Id":"', 'Id":"x')],
  ['refused', reader, 'white space', replaced(file, ',"mac"', ', "mac"')],
  ['refused', reader, 'no newline', file.subarray(0, -1)],
]

export const sealedKeysCases = (sealed: Uint8Array): Case[] => [
  ['accepted', 'sealed keys', 'as they are', sealed],
  ['refused', 'sealed keys', 'version 2', patched(sealed, 0, '02')],
  ['refused', 'sealed keys', 'a byte behind them', behind(sealed)],
  ['refused', 'sealed keys', 'cut short', sealed.subarray(0, -1)],
]

export const packCases = (pack: Uint8Array): Case[] => {
  const footer = new DataView(pack.buffer, pack.byteOffset).getUint32(pack.length - 64, true)
  const spoilt = (what: string, at: number, other: Uint8Array | string): Case => ['refused', 'pack', what, patched(pack, at, other)]
  return [
    ['accepted', 'pack', 'as it is', pack],
    spoilt('another magic', 0, '00'),
    spoilt('version 2', 8, version2),
    spoilt('kind 3', 10, '03'),
    spoilt('a byte of the header that is not zero', 11, '01'),
    spoilt('a segment that begins behind the header', footer, u32(packHeaderBytes + 1)),
    spoilt('a segment that ends before the footer', footer + 4, u32(footer - packHeaderBytes - 1)),
    spoilt('a segment that ends in the footer', footer + 4, u32(footer - packHeaderBytes + 1)),
    spoilt('a segment of no blobs', footer + 8, '0000'),
    spoilt('flags 1', footer + 10, '0100'),
    spoilt('another footer offset', -64, u32(footer + 1)),
    spoilt('another footer length', -60, u32(1)),
    spoilt('no segments', -56, u32(0)),
    spoilt('two segments', -56, u32(2)),
    spoilt('another number of blobs', -52, u32(99)),
    spoilt('a field of the trailer that is not zero', -12, u32(1)),
    spoilt('another end', -1, '01'),
    ['refused', 'pack', 'a byte behind it', behind(pack)],
    ['refused', 'pack', 'a byte before its footer', concatBytes([pack.subarray(0, footer), fromHex('00'), pack.subarray(footer)])],
    ['refused', 'pack', 'cut short', pack.subarray(0, -1)],
  ]
}

export const firstSegmentHeader = (pack: Uint8Array): Uint8Array => pack.slice(packHeaderBytes, packHeaderBytes + segmentHeaderBytes)

export const snapshotCases = (snapshot: Uint8Array): Case[] => {
  const spoilt = (what: string, at: number, other: Uint8Array | string): Case => ['refused', 'snapshot', what, patched(snapshot, at, other)]
  return [
    ['accepted', 'snapshot', 'as it is', snapshot],
    ['accepted', 'snapshot', 'without a hub header', snapshot.subarray(0, -64)],
    spoilt('another magic', 0, '00'),
    spoilt('version 2', 8, version2),
    spoilt('flag 2', 10, '0200'),
    spoilt('flag 3', 10, '0300'),
    spoilt('number 0', 80, new Uint8Array(8)),
    spoilt('number 2^53', 80, tooLarge),
    spoilt('a refset longer than it is', 88, u32(2 ** 31)),
    spoilt('a body longer than it is', 92, u32(2 ** 31)),
    spoilt('another magic of the hub header', -64, '00'),
    spoilt('received at 2^53', -56, tooLarge),
    spoilt('epoch 2^53', -48, tooLarge),
    spoilt('a byte of the hub header that is not zero', -40, '01'),
    spoilt('the last of the eight bytes is not zero', -33, '01'),
    ['refused', 'snapshot', 'a byte behind it', behind(snapshot)],
    ['refused', 'snapshot', 'cut short', snapshot.subarray(0, -1)],
  ]
}

export const bodyCases = (): Case[] => {
  const root = new Uint8Array(32).fill(9)
  const own = encodeSnapshotBody(values.bodyOf(root))
  const anew = encodeSnapshotBody({ ...values.bodyOf(root), rewriting: values.rewriting })
  const parent = own.findIndex((byte, at) => byte === 1 && own[at + 1] === 77 && own[at + 2] === 77)
  const spoilt = (what: string, at: number, other: string): Case => ['refused', 'snapshot body', what, patched(own, at, other)]
  return [
    ['accepted', 'snapshot body', 'as it is', own],
    ['accepted', 'rewritten snapshot body', 'as it is', anew],
    spoilt('version 2', 0, '02'),
    spoilt('status 0', 1, '00'),
    spoilt('status 4', 1, '04'),
    spoilt('system 4', 2, '04'),
    spoilt('a host that is no text', 4, 'ff'),
    spoilt('a parent that is neither there nor not', parent, '02'),
    ['refused', 'snapshot body', 'a host of 1025 bytes', concatBytes([own.subarray(0, 3), varint(1025), new Uint8Array(1025).fill(97)])],
    [
      'refused',
      'snapshot body',
      '100,001 roots',
      encodeSnapshotBody({ ...values.bodyOf(root), roots: Array.from({ length: 100_001 }, () => new Uint8Array(0)) }).subarray(0, 140),
    ],
    ['refused', 'snapshot body', 'a byte behind it', behind(own)],
    ['refused', 'snapshot body', 'cut short', own.subarray(0, -1)],
    ['refused', 'snapshot body', 'the end of a rewritten one', anew],
    ['refused', 'rewritten snapshot body', 'without its end', own],
    ['refused', 'rewritten snapshot body', 'for reason 0', patched(anew, own.length + 16, '00')],
    ['refused', 'rewritten snapshot body', 'for reason 3', patched(anew, own.length + 16, '03')],
  ]
}

export const refsetCases = (): Case[] => {
  const [one, two] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)]
  const of = (hex: string, ...packs: readonly (readonly [Uint8Array, string])[]): Uint8Array =>
    concatBytes([fromHex(hex), ...packs.flatMap(([id, bitmap]) => [id, fromHex(bitmap)])])
  return [
    ['accepted', 'refset', 'of nothing', of('00')],
    ['accepted', 'refset', 'all of three, and the second of two', of('02', [one, '07'], [two, '0402'])],
    ['accepted', 'refset', 'two of nine', of('01', [one, '120101'])],
    ['refused', 'refset', 'no segments', of('01', [one, '00'])],
    ['refused', 'refset', 'all of none', of('01', [one, '01'])],
    ['refused', 'refset', 'a bitmap whose last bit is not set', of('01', [one, '0401'])],
    ['refused', 'refset', 'a bitmap with bits beyond', of('01', [one, '0406'])],
    ['refused', 'refset', 'a bitmap of all', of('01', [one, '0403'])],
    ['refused', 'refset', 'a bitmap of all of eight', of('01', [one, '10ff'])],
    ['refused', 'refset', 'packs out of order', of('02', [two, '03'], [one, '03'])],
    ['refused', 'refset', 'a pack twice', of('02', [one, '03'], [one, '03'])],
    ['refused', 'refset', 'more segments than a pack holds', of('01', [one, '83808002'])],
    ['refused', 'refset', 'a number in a longer form', of('01', [one, '8300'])],
    ['refused', 'refset', 'fewer packs than it says', of('02', [one, '03'])],
    ['refused', 'refset', 'a byte behind it', of('01', [one, '0300'])],
  ]
}

export const journalCases = (journal: Uint8Array): Case[] => {
  const spoilt = (what: string, at: number, other: Uint8Array | string): Case => ['refused', 'journal', what, patched(journal, at, other)]
  // Behind the number of keys, and the length of the first.
  const key = 42 + 2
  return [
    ['accepted', 'journal', 'as it is', journal],
    spoilt('another magic', 0, '00'),
    spoilt('version 2', 8, version2),
    spoilt('epoch 2^53', 26, tooLarge),
    spoilt('decided at 2^53', 34, tooLarge),
    spoilt('the key of no snapshot', key, text('p')),
    spoilt('the key of a snapshot with an agent that is none', key + 2, text('x')),
    ['refused', 'journal', 'a key of 257 bytes', concatBytes([journal.subarray(0, 43), varint(257), new Uint8Array(257 + 33).fill(97)])],
    ['refused', 'journal', 'a byte before its MAC', concatBytes([journal.subarray(0, -32), fromHex('00'), journal.subarray(-32)])],
    ['refused', 'journal', 'cut short', journal.subarray(0, -1)],
  ]
}

export const selfBackupCases = (part: Uint8Array): Case[] => {
  const spoilt = (what: string, at: number, other: Uint8Array | string): Case => [
    'refused',
    'self-backup part',
    what,
    patched(part, at, other),
  ]
  return [
    ['accepted', 'self-backup part', 'as it is', part],
    spoilt('another magic', 0, '00'),
    spoilt('version 2', 8, version2),
    spoilt('flag 2', 10, '02'),
    spoilt('a byte that is not zero', 11, '01'),
    spoilt('made at 2^53', 48, tooLarge),
    spoilt('a frame longer than it is', 56, u32(2 ** 31)),
    ['refused', 'self-backup part', 'a byte behind it', behind(part)],
    ['refused', 'self-backup part', 'cut short', part.subarray(0, -1)],
  ]
}
