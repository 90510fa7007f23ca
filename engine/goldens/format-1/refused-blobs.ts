import { concatBytes, fromHex, padme } from '../../src/bytes/index.ts'
import {
  block,
  entry,
  frame,
  idOf,
  inline,
  interior,
  leaf,
  list,
  listAbove,
  patched,
  segmentHeaderWith,
  text,
  u32,
  varint,
  withItems,
} from './refused-values.ts'
import type { Case } from './refused-cases.ts'

/** Numbers, frames, and what lies in segments. */

export const numberCases = (): Case[] => [
  ['accepted', 'varint', '0', fromHex('00')],
  ['accepted', 'varint', '2^53 - 1', fromHex('ffffffffffffff0f')],
  ['refused', 'varint', '0 in a longer form', fromHex('8000')],
  ['refused', 'varint', '1 in a longer form', fromHex('818000')],
  ['refused', 'varint', '2^53', fromHex('8080808080808010')],
  ['refused', 'varint', 'nine bytes', fromHex('808080808080808001')],
  ['refused', 'varint', 'cut short', fromHex('80')],
]

const abc = text('ABC')
const three = varint(3)
const honest = frame('0050', block(0, 3, abc))
const skippable = fromHex('502a4d18020000000102')

export const frameCases = (): Case[] => [
  ['accepted', 'zstd frame', 'one block', three, honest],
  ['accepted', 'zstd frame', 'two blocks', three, frame('0050', block(0, 2, text('AB'), false), block(0, 1, text('C')))],
  ['accepted', 'zstd frame', 'a window of 128 MiB', three, frame('0088', block(0, 3, abc))],
  ['accepted', 'zstd frame', 'a block of 128 KiB', varint(131_072), frame('a000000200', block(1, 131_072, text('A')))],
  ['accepted', 'zstd frame', 'a checksum', varint(5), fromHex('28b52ffd240529000068656c6c6fa36d9f88')],
  ['accepted', 'zstd frame', 'nothing', varint(0), fromHex('28b52ffd2000010000')],
  ['refused', 'zstd frame', 'nothing, spelled otherwise', varint(0), frame('0050', block(0, 0, new Uint8Array(0)))],
  ['refused', 'zstd frame', 'a wrong checksum', varint(5), fromHex('28b52ffd240529000068656c6c6fa36d9f89')],
  ['refused', 'zstd frame', 'a window of 144 MiB', three, frame('0089', block(0, 3, abc))],
  ['refused', 'zstd frame', 'a window of 256 MiB', three, frame('0090', block(0, 3, abc))],
  [
    'refused',
    'zstd frame',
    'a single segment of more than 128 MiB',
    varint(2 ** 27 + 1),
    frame('a001000008', block(1, 131_072, text('A'))),
  ],
  ['refused', 'zstd frame', 'a block of more than 128 KiB', varint(131_073), frame('0050', block(1, 131_073, text('A')))],
  ['refused', 'zstd frame', 'a block larger than the window', varint(2048), frame('0000', block(1, 2048, text('A')))],
  ['refused', 'zstd frame', 'a stored block larger than the window', varint(1025), frame('0000', block(0, 1025, new Uint8Array(1025)))],
  [
    'refused',
    'zstd frame',
    'a compressed block of no bytes',
    three,
    frame('0050', block(2, 0, new Uint8Array(0), false), block(0, 3, abc)),
  ],
  ['refused', 'zstd frame', 'a reserved kind of block', three, frame('0050', block(3, 3, abc))],
  ['refused', 'zstd frame', 'a reserved bit', three, frame('0850', block(0, 3, abc))],
  ['refused', 'zstd frame', 'a dictionary', three, frame('015001', block(0, 3, abc))],
  ['refused', 'zstd frame', 'another size than the one that is due', varint(2), honest],
  ['refused', 'zstd frame', 'another size of its own', three, frame('2002', block(0, 3, abc))],
  ['refused', 'zstd frame', 'cut short', three, honest.subarray(0, -1)],
  ['refused', 'zstd frame', 'a byte behind it', three, concatBytes([honest, fromHex('00')])],
  ['refused', 'zstd frame', 'two frames', varint(6), concatBytes([honest, honest])],
  ['refused', 'zstd frame', 'a frame to be skipped before it', three, concatBytes([skippable, honest])],
  ['refused', 'zstd frame', 'a frame to be skipped behind it', three, concatBytes([honest, skippable])],
]

/** @param header of any segment */
export function segmentCases(header: Uint8Array): Case[] {
  const stored = segmentHeaderWith(header, 32, fromHex('00010200'))
  const packed = segmentHeaderWith(header, 32, fromHex('01010200'))
  const plainOf = (payload: number, lengths: readonly number[], bytes = text('abcde'), padding?: Uint8Array): Uint8Array => {
    const body = concatBytes([u32(payload), ...lengths.map(u32), bytes])
    return concatBytes([body, padding ?? new Uint8Array(padme(body.length) - body.length)])
  }
  // 4 + 2 × 4 + 25 = 37, which is filled up to 40.
  const longer = new Uint8Array(25).fill(7)
  return [
    ['accepted', 'segment header', 'as it is', header],
    ['refused', 'segment header', 'a wrong checksum', patched(header, 36, u32(1))],
    ['refused', 'segment header', 'another magic', segmentHeaderWith(header, 0, text('HFS2'))],
    ['refused', 'segment header', 'codec 2', segmentHeaderWith(header, 32, fromHex('02'))],
    ['refused', 'segment header', 'kind 3', segmentHeaderWith(header, 33, fromHex('03'))],
    ['refused', 'segment header', 'no blobs', segmentHeaderWith(header, 34, fromHex('0000'))],
    ['refused', 'segment header', '1025 blobs', segmentHeaderWith(header, 34, fromHex('0104'))],
    ['refused', 'segment header', 'more than 16 MiB', segmentHeaderWith(header, 4, u32(2 ** 24 + 1))],
    ['refused', 'segment header', 'cut short', header.subarray(0, 39)],
    ['accepted', 'segment plain', 'two blobs', stored, plainOf(5, [2, 3])],
    ['accepted', 'segment plain', 'padding', stored, plainOf(25, [5, 20], longer)],
    ['refused', 'segment plain', 'padding that is not zero', stored, plainOf(25, [5, 20], longer, fromHex('000001'))],
    ['refused', 'segment plain', 'no padding', stored, plainOf(25, [5, 20], longer, new Uint8Array(0))],
    ['refused', 'segment plain', 'more padding', stored, plainOf(25, [5, 20], longer, new Uint8Array(4))],
    ['refused', 'segment plain', 'blobs that are less than the payload', stored, plainOf(5, [2, 2])],
    ['refused', 'segment plain', 'blobs that are more than the payload', stored, plainOf(5, [2, 4])],
    ['refused', 'segment plain', 'a payload longer than it is', stored, plainOf(60, [20, 40])],
    ['refused', 'segment plain', 'more than 8 MiB', packed, plainOf(5, [2 ** 22, 2 ** 22 + 1])],
    ['refused', 'segment plain', 'cut short', stored, fromHex('0500000002000000')],
  ]
}

const item = (length: number, count = 1): Uint8Array =>
  withItems(
    length * count,
    Array.from({ length: count }, () => ['hole', length] as const),
  )
const page = (what: string, fields: Parameters<typeof entry>[0], expected: Case[0] = 'refused'): Case => [
  expected,
  'tree page',
  what,
  leaf(entry(fields)),
]
const named = (name: string): Case => page(`the name ${JSON.stringify(name)}`, { name: text(name) })

export const pageCases = (): Case[] => [
  ['accepted', 'tree page', 'a folder of nothing', leaf()],
  page('a file', {}, 'accepted'),
  page('200 bytes in place', { rest: inline('a'.repeat(200)) }, 'accepted'),
  page('32 items', { rest: item(5, 32) }, 'accepted'),
  page('a name of 1024 bytes', { name: new Uint8Array(1024).fill(97) }, 'accepted'),
  page('deleted, above a source', { flags: 12, rest: concatBytes([inline('a'), varint(7)]) }, 'accepted'),
  page('flag 16', { flags: 16 }),
  page('type 0', { type: 0, rest: new Uint8Array(0) }),
  page('type 9', { type: 9, rest: new Uint8Array(0) }),
  page('a mode beyond 0o7777', { mode: 0o10000 }),
  page('an owner that is not there', { owner: 1 }),
  page('no items', { rest: fromHex('000100') }),
  page('33 items', { rest: item(5, 33) }),
  page('an item of no length', { rest: withItems(0, [['data', 0]]) }),
  page('a hole of no length', { rest: withItems(0, [['hole', 0]]) }),
  page('items that are more than the size', { rest: withItems(5, [['data', 6]]) }),
  page('items that are less than the size', { rest: withItems(5, [['data', 4]]) }),
  page('an unknown kind of item', { rest: fromHex('05010102') }),
  page('an unknown kind of content', { rest: fromHex('0003') }),
  page('less in place than the size', { rest: concatBytes([varint(2), inline('a').subarray(1)]) }),
  page('more in place than the size', { rest: concatBytes([varint(0), inline('a').subarray(1)]) }),
  page('201 bytes in place', { rest: concatBytes([varint(201), fromHex('00'), varint(201), new Uint8Array(201)]) }),
  page('a size in a longer form', { rest: concatBytes([fromHex('8100'), inline('a').subarray(1)]) }),
  page('a size of 2^53', { rest: concatBytes([fromHex('8080808080808010'), fromHex('02'), idOf(9)]) }),
  page('an error entry of an error', { type: 8, rest: fromHex('080161') }),
  page('an error entry of an unknown type', { type: 8, rest: fromHex('090161') }),
  page('a code that is no text', { type: 8, rest: fromHex('0001ff') }),
  page('a code of 257 bytes', { type: 8, rest: concatBytes([fromHex('00'), varint(257), new Uint8Array(257).fill(97)]) }),
  page('a target of 65,537 bytes', { type: 3, rest: varint(65_537) }),
  ['refused', 'tree page', '4097 entries', concatBytes([fromHex('010000'), varint(4097)])],
  ['refused', 'tree page', '4097 owners', concatBytes([fromHex('0100'), varint(4097)])],
  ['refused', 'tree page', '4097 pages', concatBytes([fromHex('0101'), varint(4097)])],
  ['refused', 'tree page', 'a user of 1025 bytes', concatBytes([fromHex('0100010000'), varint(1025), new Uint8Array(1025).fill(97)])],
  named(''),
  named('.'),
  named('..'),
  named('a/b'),
  named('/'),
  named('a\0'),
  page('a name of 1025 bytes', { name: new Uint8Array(1025).fill(97) }),
  ['refused', 'tree page', 'a name twice', leaf(entry(), entry())],
  ['refused', 'tree page', 'names out of order', leaf(entry({ name: text('b') }), entry())],
  [
    'refused',
    'tree page',
    'a time beyond 64 bits',
    leaf(concatBytes([fromHex('0161010000'), fromHex('00ffffffffffffffffff02'), inline('a')])),
  ],
  ['refused', 'tree page', 'a user that is no text', fromHex('010001000001ff0000')],
  ['refused', 'tree page', 'version 2', fromHex('02000000')],
  ['refused', 'tree page', 'a byte behind it', concatBytes([leaf(entry()), fromHex('00')])],
  ['refused', 'tree page', 'cut short', leaf(entry()).subarray(0, -1)],
  ['accepted', 'tree page', 'a page above others', interior(1, ['a', 2, 1], ['b', 3, 1])],
  ['refused', 'tree page', 'a page above none', interior(1)],
  ['refused', 'tree page', 'a page above an empty one', interior(1, ['a', 2, 0], ['b', 3, 1])],
  ['refused', 'tree page', 'pages out of order', interior(1, ['b', 2, 1], ['a', 3, 1])],
  ['refused', 'tree page', 'a page that begins with no name', interior(1, ['', 2, 1])],
]

const [a, b, c] = ['a', 'b', 'c'].map((name) => entry({ name: text(name) })) as [Uint8Array, Uint8Array, Uint8Array]

export const folderCases = (): Case[] => [
  ['accepted', 'folder', 'two pages', interior(1, ['a', 2, 2], ['c', 3, 1]), leaf(a, b), leaf(c)],
  ['accepted', 'folder', 'six levels', ...[5, 4, 3, 2, 1].map((level, at) => interior(level, ['a', at + 2, 1])), leaf(a)],
  ['refused', 'folder', 'seven levels', ...[6, 5, 4, 3, 2, 1].map((level, at) => interior(level, ['a', at + 2, 1])), leaf(a)],
  ['refused', 'folder', 'a page that holds fewer entries than is said', interior(1, ['a', 2, 2], ['c', 3, 1]), leaf(a), leaf(c)],
  ['refused', 'folder', 'a page that holds more entries than is said', interior(1, ['a', 2, 1], ['c', 3, 1]), leaf(a, b), leaf(c)],
  ['refused', 'folder', 'a page that begins with another name', interior(1, ['a', 2, 1], ['b', 3, 1]), leaf(a), leaf(c)],
  ['refused', 'folder', 'a name twice, in two pages', interior(1, ['a', 2, 2], ['b', 3, 1]), leaf(a, b), leaf(b)],
  ['refused', 'folder', 'names out of order, in two pages', interior(1, ['a', 2, 2], ['b', 3, 1]), leaf(a, c), leaf(b)],
  ['refused', 'folder', 'a page of the same level', interior(1, ['a', 2, 1]), interior(1, ['a', 3, 1]), leaf(a)],
  ['refused', 'folder', 'a page that names itself', interior(1, ['a', 1, 1])],
]

export const listCases = (): Case[] => [
  ['accepted', 'content list', 'two items', list(['data', 5], ['hole', 3])],
  ['accepted', 'content list', 'a list above others', listAbove(1, [5, 2], [3, 3])],
  ['refused', 'content list', 'no items', list()],
  ['refused', 'content list', 'an item of no length', list(['data', 0])],
  ['refused', 'content list', 'a hole of no length', list(['data', 5], ['hole', 0])],
  ['refused', 'content list', '4097 items', list(...Array.from({ length: 4097 }, () => ['hole', 1] as const))],
  ['refused', 'content list', 'a list above none', listAbove(1)],
  ['refused', 'content list', 'a list above an empty one', listAbove(1, [0, 2], [3, 3])],
  ['refused', 'content list', 'version 2', patched(list(['data', 5]), 0, '02')],
  ['refused', 'content list', 'a byte behind it', concatBytes([list(['data', 5]), fromHex('00')])],
  ['refused', 'content list', 'cut short', list(['data', 5]).subarray(0, -1)],
  ['accepted', 'file', 'two lists', varint(8), listAbove(1, [5, 2], [3, 3]), list(['data', 5]), list(['hole', 3])],
  ['refused', 'file', 'a list that holds less than is said', varint(8), listAbove(1, [6, 2], [2, 3]), list(['data', 5]), list(['hole', 2])],
  ['refused', 'file', 'a list that holds more than is said', varint(8), listAbove(1, [4, 2], [4, 3]), list(['data', 5]), list(['hole', 4])],
  ['refused', 'file', 'more than its size', varint(7), list(['data', 8])],
  ['refused', 'file', 'less than its size', varint(9), list(['data', 8])],
  ['refused', 'file', 'a list of the same level', varint(5), listAbove(1, [5, 2]), listAbove(1, [5, 3]), list(['data', 5])],
  [
    'refused',
    'file',
    'seven levels',
    varint(5),
    ...[6, 5, 4, 3, 2, 1].map((level, at) => listAbove(level, [5, at + 2])),
    list(['data', 5]),
  ],
]

export const attributeCases = (): Case[] => [
  ['accepted', 'attributes', 'two', fromHex('0102026162017803616263'.concat('00'))],
  ['refused', 'attributes', 'none', fromHex('0100')],
  ['refused', 'attributes', 'a name twice', fromHex('01020161000161'.concat('00'))],
  ['refused', 'attributes', 'names out of order', fromHex('01020162000161'.concat('00'))],
  ['refused', 'attributes', 'an empty name', fromHex('01010000')],
  ['refused', 'attributes', 'a zero byte in a name', fromHex('010102610000')],
  [
    'refused',
    'attributes',
    'a name of 256 bytes',
    concatBytes([fromHex('0101'), varint(256), new Uint8Array(256).fill(97), fromHex('00')]),
  ],
  ['refused', 'attributes', '4097 of them', concatBytes([fromHex('01'), varint(4097)])],
  ['refused', 'attributes', 'version 2', fromHex('0201016100')],
  ['refused', 'attributes', 'a byte behind them', fromHex('010101610000')],
  ['refused', 'attributes', 'cut short', fromHex('01010161')],
]
