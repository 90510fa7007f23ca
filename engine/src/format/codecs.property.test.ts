import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../bytes/index.ts'
import { isEngineError } from '../errors/index.ts'
import { decodeAttributes, encodeAttributes } from './attributes.ts'
import { buildContent, decodeContentList, itemsLength } from './content.ts'
import { buildFolderPages } from './folder-pages.ts'
import { decodeKeySlot } from './key-slot.ts'
import { readLocation, writeLocation } from './location.ts'
import { decodePackFooter, decodePackHeader, decodePackTrailer } from './pack.ts'
import { Refset } from './refset.ts'
import {
  readSegmentHeader,
  readSegmentPlain,
  paddedPlainBytes,
  segmentHeaderBytes,
  writeSegmentHeader,
  segmentPlainHead,
} from './segment.ts'
import { decodeSnapshotBody, decodeSnapshotObject } from './snapshot.ts'
import { aFolder } from './testing/arbitraries.ts'
import { isSumOf, sumOfBytes, type ContentItem, type FileContent, type FileEntry, type TreeEntry } from './tree-entry.ts'
import { decodeTreePage, encodeLeafPage } from './tree-page.ts'
import { decodeAgentFile, decodeVaultFile } from './vault-file.ts'

/** Every reader of bytes that a stranger may have written. */
const readers: Record<string, (bytes: Uint8Array) => unknown> = {
  'tree page': decodeTreePage,
  'content list': decodeContentList,
  attributes: decodeAttributes,
  refset: (bytes) => Refset.decode(bytes),
  'snapshot body': (bytes) => decodeSnapshotBody(bytes, false),
  'rewritten snapshot body': (bytes) => decodeSnapshotBody(bytes, true),
  'snapshot object': decodeSnapshotObject,
  'pack header': decodePackHeader,
  'pack trailer': (bytes) => decodePackTrailer(bytes, bytes.length),
  'key slot': decodeKeySlot,
  'segment header': readSegmentHeader,
  'vault file': decodeVaultFile,
  'agent file': decodeAgentFile,
  'pack footer': (bytes) =>
    decodePackFooter(bytes, {
      footerOffset: 64,
      footerBytes: bytes.length,
      segmentCount: 3,
      blobCount: 9,
      footerSha256: new Uint8Array(32),
      packCrc32: 0,
    }),
}

test.each(Object.entries(readers))('a hostile %s is refused with an engine error, never with a crash', (_, read) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      try {
        read(bytes)
      } catch (error) {
        expect(isEngineError(error), String(error)).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})

test('a tree page reads back as it was written, and has one encoding', () => {
  fc.assert(
    fc.property(aFolder(60), (entries) => {
      const page = encodeLeafPage(entries)
      const decoded = decodeTreePage(page)
      expect(decoded).toEqual({ level: 0, entries })
      expect(Buffer.compare(encodeLeafPage((decoded as unknown as { entries: TreeEntry[] }).entries), page)).toBe(0)
    }),
    { numRuns: 100 },
  )
})

test('no single flipped bit of a tree page goes unnoticed as the same folder', () => {
  fc.assert(
    fc.property(aFolder(8), fc.nat(), (entries, choice) => {
      const page = encodeLeafPage(entries)
      const flipped = page.slice()
      const bit = choice % (page.length * 8)
      flipped[bit >>> 3]! ^= 1 << (bit & 7)
      let decoded: unknown
      try {
        decoded = decodeTreePage(flipped)
      } catch (error) {
        expect(isEngineError(error)).toBe(true)
        return
      }
      expect(decoded).not.toEqual({ level: 0, entries })
    }),
    { numRuns: 200 },
  )
})

const fileNamed = (name: string): FileEntry => ({
  name: Buffer.from(name),
  type: 'file',
  mode: 0o644,
  owner: { uid: 0, gid: 0, user: 'root', group: 'root' },
  mtimeNs: 0n,
  hardLinkGroup: null,
  attributes: null,
  deletedAtMs: null,
  isAncestor: false,
  size: 0,
  content: { kind: 'inline', bytes: new Uint8Array(0) },
})

const fileWith = (content: FileContent): TreeEntry => ({ ...fileNamed('a'), content })
const linkNamed = (name: string, targetBytes: number): TreeEntry => {
  const { mode, owner, mtimeNs, hardLinkGroup, attributes, deletedAtMs, isAncestor } = fileNamed(name)
  const fields = { mode, owner, mtimeNs, hardLinkGroup, attributes, deletedAtMs, isAncestor }
  return { ...fields, name: Buffer.from(name), type: 'symlink', target: new Uint8Array(targetBytes).fill(97) }
}

test.each([['.'], ['..'], [''], ['a/b'], ['a\0b']])('the name %j is refused when a page is written', (name) => {
  expect(() => encodeLeafPage([fileNamed(name)])).toThrow(/name/)
})

test('extended attributes have the one encoding that docs/vault-format.md gives them', () => {
  const attributes = [
    { name: Buffer.from('user.a'), value: new Uint8Array() },
    { name: Buffer.from('user.b'), value: Uint8Array.of(0, 255) },
  ]
  const encoded = encodeAttributes(attributes)
  expect(Buffer.from(encoded).toString('hex')).toBe('010206757365722e610006757365722e620200ff')
  expect(decodeAttributes(encoded).map(({ name, value }) => [Buffer.from(name).toString(), [...value]])).toEqual([
    ['user.a', []],
    ['user.b', [0, 255]],
  ])
  expect(() => encodeAttributes(attributes.toReversed())).toThrow(/order/)
  expect(() => encodeAttributes([])).toThrow(/none/)
  expect(() => encodeAttributes([{ name: Buffer.from('a\0b'), value: new Uint8Array() }])).toThrow(/name/)
  expect(() => encodeAttributes([{ name: Buffer.from('user.a'), value: new Uint8Array(1024 * 1024) }])).toThrow(/larger/)
})

test('twins and names out of order are refused', () => {
  expect(() => encodeLeafPage([fileNamed('a'), fileNamed('a')])).toThrow(/order/)
  expect(() => encodeLeafPage([fileNamed('b'), fileNamed('a')])).toThrow(/order/)
})

test.each<[string, TreeEntry]>([
  ['no content at all', fileWith({ kind: 'items', items: [] })],
  ['an empty piece', fileWith({ kind: 'items', items: [{ kind: 'hole', length: 0 }] })],
  ['more pieces than lie in a page', fileWith({ kind: 'items', items: Array.from({ length: 33 }, () => ({ kind: 'hole', length: 1 })) })],
  ['more bytes than lie in a page', fileWith({ kind: 'inline', bytes: new Uint8Array(201) })],
  ['an owner of too long a name', { ...fileNamed('a'), owner: { uid: 0, gid: 0, user: '€'.repeat(342), group: '' } }],
  ['too long a target', { ...linkNamed('a', 65_537) }],
])('what no reader would take is not written: %s', (_, entry) => {
  expect(() => encodeLeafPage([entry])).toThrow(/rule inside the engine/)
})

test('a file that gave nothing when it was read is an empty one', () => {
  expect(buildContent([], () => expect.fail('it needs no list'))).toEqual({ kind: 'inline', bytes: new Uint8Array(0) })
})

test('a file of another length than its content is refused', () => {
  const page = encodeLeafPage([{ ...fileNamed('a'), size: 1 }])
  expect(() => decodeTreePage(page)).toThrow(/size/)
})

test('links alone make no page larger than a blob may be', () => {
  const links = Array.from({ length: 5000 }, (_, index) => linkNamed(`link-${String(index).padStart(250, '0')}`, 4095))
  const sizes: number[] = []
  let entries = 0
  buildFolderPages(links, 7, (page) => {
    sizes.push(page.length)
    const decoded = decodeTreePage(page)
    if ('entries' in decoded) entries += decoded.entries.length
    return Buffer.alloc(32, sizes.length)
  })
  expect(entries).toBe(5000)
  expect(Math.max(...sizes)).toBeLessThan(1024 * 1024 + 8192)
})

test('a folder of 100,000 entries changes two pages when one entry is added', () => {
  const entries = Array.from({ length: 100_000 }, (_, index) => fileNamed(`file-${String(index).padStart(6, '0')}.txt`))
  const pagesOf = (folder: readonly TreeEntry[]): Set<string> => {
    const pages = new Set<string>()
    buildFolderPages(folder, 1234, (page) => {
      const key = Buffer.from(page).toString('latin1')
      pages.add(key)
      const id = Buffer.alloc(32)
      for (let index = 0; index < key.length; index++) id[index & 31] = (id[index & 31]! * 31 + key.charCodeAt(index)) & 0xff
      return id
    })
    return pages
  }
  const before = pagesOf(entries)
  const after = pagesOf([...entries.slice(0, 50_000), fileNamed('file-049999.txt.new'), ...entries.slice(50_000)])
  expect([...after].filter((page) => !before.has(page)).length).toBeLessThanOrEqual(4)
  expect(before.size).toBeGreaterThan(100)
})

test.each([1, 32, 33, 4096, 4097, 3 * 4096 + 1])('content of %i items reads back in order', (count) => {
  const items: ContentItem[] = Array.from({ length: count }, (_, index) =>
    index % 7 === 3 ? { kind: 'hole', length: index + 1 } : { kind: 'data', length: index + 1, id: new Uint8Array(32).fill(index & 0xff) },
  )
  const lists = new Map<string, Uint8Array>()
  const content = buildContent(items, (list) => {
    const id = Buffer.alloc(32)
    id.writeUInt32LE(lists.size)
    lists.set(id.toString('hex'), list)
    return id
  })
  const flatten = (id: Uint8Array): ContentItem[] => {
    const list = decodeContentList(lists.get(Buffer.from(id).toString('hex'))!)
    if ('items' in list) return [...list.items]
    return list.children.flatMap((child) => {
      const below = flatten(child.list)
      expect(itemsLength(below)).toBe(child.bytes)
      return below
    })
  }
  expect(content.kind).toBe(count > 32 ? 'list' : 'items')
  expect(content.kind === 'items' ? content.items : flatten((content as { id: Uint8Array }).id)).toEqual(items)
})

test('a refset holds what was added, whatever the order, and has one encoding', () => {
  const place = fc.record({ pack: fc.nat(6), ordinal: fc.nat(3000) })
  fc.assert(
    fc.property(fc.array(place, { maxLength: 300 }), (places) => {
      const hexOf = (pack: number): string => Buffer.alloc(16, pack * 37).toString('hex')
      const forward = new Refset()
      for (const { pack, ordinal } of places) forward.add(hexOf(pack), ordinal)
      const backward = new Refset()
      for (const { pack, ordinal } of places.toReversed()) backward.add(hexOf(pack), ordinal)
      const encoded = forward.encode()
      expect(Buffer.compare(backward.encode(), encoded)).toBe(0)
      const decoded = Refset.decode(encoded)
      const names = new Set([...decoded.segments()].map(({ packIdHex, ordinal }) => `${packIdHex}/${ordinal}`))
      expect(names).toEqual(new Set(places.map(({ pack, ordinal }) => `${hexOf(pack)}/${ordinal}`)))
      expect(Buffer.compare(decoded.encode(), encoded)).toBe(0)
    }),
  )
})

test('sums of bytes stop where numbers do, and what has stopped is no damage', () => {
  const most = Number.MAX_SAFE_INTEGER
  expect([sumOfBytes(most, 1), sumOfBytes(most - 1, 1), sumOfBytes(3, 4)]).toEqual([most, most, 7])
  expect([isSumOf(most, 5), isSumOf(5, 5), isSumOf(5, most), isSumOf(6, 5)]).toEqual([true, true, false, false])
})

test('a refset of a few bytes cannot ask for gigabytes', () => {
  const all = (pack: number): Uint8Array => {
    const id = Buffer.alloc(16)
    id.writeUInt32BE(pack)
    return new ByteWriter()
      .bytes(id)
      .varint(2 ** 22 + 1)
      .toBytes()
  }
  const of = (count: number): Uint8Array =>
    Buffer.concat([new ByteWriter().varint(count).view(), ...Array.from({ length: count }, (_, pack) => all(pack))])
  expect(Refset.decode(of(2)).packCount).toBe(2)
  expect(() => Refset.decode(of(513))).toThrow(/impossible/)
})

test('a segment header and plaintext read back; every flipped bit of the header is refused', () => {
  const header = {
    ciphertextBytes: paddedPlainBytes(2, 300),
    birthOrdinal: 7,
    keyEpoch: 1,
    birthPackId: new Uint8Array(16).fill(9),
    codec: 0,
    kind: 1,
    blobCount: 2,
  } as const
  const bytes = new Uint8Array(segmentHeaderBytes)
  writeSegmentHeader(bytes, header)
  expect(readSegmentHeader(bytes)).toEqual(header)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice()
    flipped[bit >>> 3]! ^= 1 << (bit & 7)
    expect(() => readSegmentHeader(flipped)).toThrow()
  }
  const plain = new Uint8Array(header.ciphertextBytes)
  plain.set(segmentPlainHead([100, 200], 300))
  plain.fill(5, 12, 312)
  expect(readSegmentPlain(plain, header)).toMatchObject({ rawLengths: [100, 200], rawBytes: 300 })
  expect(() => readSegmentPlain(plain.subarray(0, plain.length - 1), header)).toThrow()
  plain[plain.length - 1] = 1
  expect(() => readSegmentPlain(plain, header)).toThrow(/padding/)
})

test('a location reads back, and all zero means unknown', () => {
  const records = new Uint8Array(48).fill(255)
  writeLocation(records, 0, { packId: new Uint8Array(16).fill(3), ordinal: 0xffff_ffff, position: 1023 })
  writeLocation(records, 1, null)
  expect(readLocation(records, 0)).toEqual({ packId: new Uint8Array(16).fill(3), ordinal: 0xffff_ffff, position: 1023 })
  expect(readLocation(records, 1)).toBeNull()
  expect(() => readLocation(records, 2)).toThrow(/cut short/)
})
