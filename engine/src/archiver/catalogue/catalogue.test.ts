import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EngineError, isEngineError } from '../../errors/index.ts'
import type { BlobLocation } from '../../format/index.ts'
import type { BlobPlaces } from './catalogue-writer.ts'
import { CatalogueWriter, commitCatalogue, openCatalogue } from './index.ts'
import type { Catalogue, CataloguedFile, CatalogueIdentity } from './index.ts'

const identity: CatalogueIdentity = { vaultId: randomBytes(16), domainId: randomBytes(16), chunker: 'standard' }
const snapshotId = randomBytes(16)
const packIds = Array.from({ length: 3 }, () => new Uint8Array(randomBytes(16)))
const ticketCount = 2000
const placeOf = (ticket: number): BlobLocation => ({ packId: packIds[ticket % 3]!, ordinal: ticket * 7, position: ticket % 1024 })
const idOf = (ticket: number): Buffer => Buffer.alloc(32, ticket)
/** As many at a time as a sink may have at hand. */
const placesOf = (count: number): BlobPlaces => ({
  ticketCount: count,
  packIds,
  places: (field, from) => {
    const tickets = Array.from({ length: Math.min(777, count - from) }, (_, index) => from + index)
    return Uint32Array.from(tickets, (ticket) => (field === 'pack' ? ticket % 3 : placeOf(ticket)[field]))
  },
})

let folder: string
let cataloguePath: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hf-catalogue-'))
  cataloguePath = path.join(folder, 'catalogue')
})
afterEach(() => rmSync(folder, { recursive: true }))

function aFile(name: string, over: Partial<CataloguedFile> = {}): CataloguedFile {
  const ticket = name.length * 17
  return {
    name: Buffer.from(name),
    size: 1_234_567_890_123,
    mtimeNs: -1n,
    ctimeNs: 1_700_000_000_123_456_789n,
    inode: 0xffff_ffff_ffff_fff0n,
    device: 66_304n,
    isTrusted: true,
    content: {
      kind: 'stored',
      items: [
        { kind: 'data', length: 70_000, id: idOf(ticket) },
        { kind: 'hole', length: 9 },
      ],
      tickets: [ticket],
      lists: [{ id: idOf(3), ticket: 3 }],
    },
    attributes: name.length % 2 === 0 ? null : { id: idOf(5), ticket: 5 },
    ...over,
  }
}

const folders: Record<string, CataloguedFile[]> = {
  '/': [],
  '/one': [aFile('a'), aFile('b', { isTrusted: false }), aFile('c', { content: { kind: 'inline', bytes: Buffer.from('tiny') } })],
  '/one/two': [aFile('\u00e9')],
  '/large': Array.from({ length: 700 }, (_, index) => aFile(`file-${String(index).padStart(5, '0')}`)),
}

function writeCatalogue(): void {
  const writer = new CatalogueWriter(cataloguePath, identity, snapshotId)
  for (const [name, files] of Object.entries(folders)) {
    const out = writer.folder(Buffer.from(name))
    for (const file of files) out.add(file)
    out.finish([{ id: idOf(name.length), ticket: name.length }])
  }
  expect(writer.finish(placesOf(ticketCount))).toBeNull()
  commitCatalogue(cataloguePath)
}

function read(catalogue: Catalogue, name: string): (CataloguedFile | null)[] {
  const known = catalogue.folder(Buffer.from(name))
  return folders[name]!.map((file) => known.find(file.name))
}

test('gives back every file, page and place, and nothing for what it never saw', () => {
  writeCatalogue()
  const catalogue = openCatalogue(cataloguePath, identity)!
  expect(Buffer.compare(catalogue.snapshotId, snapshotId)).toBe(0)
  for (const [name, files] of Object.entries(folders)) {
    expect(read(catalogue, name)).toEqual(files)
    expect(catalogue.folder(Buffer.from(name)).pages()).toEqual([{ id: idOf(name.length), ticket: name.length }])
  }
  for (let ticket = 0; ticket < ticketCount; ticket++) expect(catalogue.locationOf(ticket)).toEqual(placeOf(ticket))
  expect(catalogue.locationOf(ticketCount)).toBeNull()
  expect(catalogue.folder(Buffer.from('/other')).find(Buffer.from('a'))).toBeNull()
  const large = catalogue.folder(Buffer.from('/large'))
  expect(large.find(Buffer.from('file-00000x'))).toBeNull()
  expect(large.find(Buffer.from('file-00699'))).not.toBeNull()
  expect(large.find(Buffer.from('zzz'))).toBeNull()
  expect(catalogue.damagedParts).toBe(0)
  catalogue.close()
})

test('stays out of the way until it is committed, and leaves nothing when discarded', () => {
  writeCatalogue()
  const before = readFileSync(cataloguePath)
  const writer = new CatalogueWriter(cataloguePath, identity, randomBytes(16))
  writer.folder(Buffer.from('/')).finish([])
  writer.finish(placesOf(0))
  expect(readFileSync(cataloguePath).equals(before)).toBe(true)
  writer.discard()
  expect(existsSync(`${cataloguePath}.new`)).toBe(false)
})

test('a catalogue that cannot be written is told at the end, and leaves the last one as it was', () => {
  writeCatalogue()
  const before = readFileSync(cataloguePath)
  // Where the new one is written there is never any room.
  symlinkSync('/dev/full', `${cataloguePath}.new`)
  const writer = new CatalogueWriter(cataloguePath, identity, snapshotId)
  writer.folder(Buffer.from('/')).finish([])
  expect(existsSync(`${cataloguePath}.new`)).toBe(true)
  const pages = Array.from({ length: 1000 }, () => ({ id: idOf(1), ticket: 1 }))
  for (let number = 0; number < 50; number++) writer.folder(Buffer.from(`/${number}`)).finish(pages)
  // It does not keep to the end of the backup what it took of a full disk.
  expect(existsSync(`${cataloguePath}.new`)).toBe(false)
  expect(writer.finish(placesOf(0))).toMatchObject({ code: 'catalogue.damaged' })
  expect(readFileSync(cataloguePath).equals(before)).toBe(true)
})

test('without the places of blobs there is no new catalogue, and that is told', () => {
  writeCatalogue()
  const before = readFileSync(cataloguePath)
  const writer = new CatalogueWriter(cataloguePath, identity, snapshotId)
  writer.folder(Buffer.from('/')).finish([])
  const places = (): never => {
    throw new EngineError('scratch.unreadable', 'gone')
  }
  expect(writer.finish({ ...placesOf(ticketCount), places })).toMatchObject({ code: 'catalogue.damaged' })
  expect(existsSync(`${cataloguePath}.new`)).toBe(false)
  expect(readFileSync(cataloguePath).equals(before)).toBe(true)
})

test('the places of many blobs are read a part at a time, in any order', () => {
  const many = 300_000
  const writer = new CatalogueWriter(cataloguePath, identity, snapshotId)
  writer.folder(Buffer.from('/')).finish([])
  expect(writer.finish(placesOf(many))).toBeNull()
  commitCatalogue(cataloguePath)
  const catalogue = openCatalogue(cataloguePath, identity)!
  const inOrder = Array.from({ length: 3000 }, (_, index) => many - 3000 + index)
  // No two of them lie beside each other.
  const scattered = Array.from({ length: 30_000 }, (_, index) => (index * 7919) % many)
  for (const ticket of [...inOrder, ...scattered]) {
    const place = catalogue.locationOf(ticket)
    if (!isDeepStrictEqual(place, placeOf(ticket))) expect(place, `ticket ${ticket}`).toEqual(placeOf(ticket))
  }
  expect([many, many + 1, 2 ** 32].map((ticket) => catalogue.locationOf(ticket))).toEqual([null, null, null])
  catalogue.close()
})

describe('a catalogue that cannot be believed', () => {
  test('says of places that changed under its hands that it does not know them, and that it is damaged', () => {
    writeCatalogue()
    const catalogue = openCatalogue(cataloguePath, identity)!
    const spoiled = readFileSync(cataloguePath)
    // The last ordinal: behind it are the positions, two bytes each, and the trailer.
    spoiled[spoiled.length - 40 - 2 * ticketCount - 1]! ^= 1
    // The same file, not another one in its place.
    writeFileSync(cataloguePath, spoiled)
    expect(catalogue.locationOf(0)).toEqual(placeOf(0))
    expect(catalogue.damagedParts).toBe(0)
    expect(catalogue.locationOf(ticketCount - 1)).toBeNull()
    expect(catalogue.locationOf(ticketCount - 2)).toBeNull()
    expect(catalogue.damagedParts).toBe(1)
    catalogue.close()
  })

  test('is none at all when there is no file', () => expect(openCatalogue(cataloguePath, identity)).toBeNull())

  test.each<[string, CatalogueIdentity]>([
    ['of another vault', { ...identity, vaultId: randomBytes(16) }],
    ['of another domain', { ...identity, domainId: randomBytes(16) }],
    ['made with other chunk sizes', { ...identity, chunker: 'fine' }],
  ])('is refused when it is %s', (_, expected) => {
    writeCatalogue()
    expect(() => openCatalogue(cataloguePath, expected)).toThrow(expect.objectContaining({ code: 'catalogue.damaged' }))
  })

  test('is refused when it is cut short anywhere', () => {
    writeCatalogue()
    const whole = readFileSync(cataloguePath)
    for (let length = 0; length < whole.length; length += 1009) {
      writeFileSync(cataloguePath, whole.subarray(0, length))
      expect(() => openCatalogue(cataloguePath, identity)).toThrow(expect.objectContaining({ code: 'catalogue.damaged' }))
    }
  })

  test('never tells anything false with a byte changed: it says less, and says that it is damaged', () => {
    writeCatalogue()
    const whole = readFileSync(cataloguePath)
    let refused = 0
    let partly = 0
    for (let offset = 0; offset < whole.length; offset += 397) {
      const spoiled = Buffer.from(whole)
      spoiled[offset]! ^= 1 << (offset % 8)
      writeFileSync(cataloguePath, spoiled)
      try {
        const catalogue = openCatalogue(cataloguePath, identity)!
        for (const [name, files] of Object.entries(folders))
          for (const [index, found] of read(catalogue, name).entries())
            if (found !== null && !isDeepStrictEqual(found, files[index])) expect(found).toEqual(files[index])
        for (let ticket = 0; ticket < ticketCount; ticket += 397) expect(catalogue.locationOf(ticket)).toEqual(placeOf(ticket))
        expect(catalogue.damagedParts).toBeGreaterThan(0)
        catalogue.close()
        partly++
      } catch (error) {
        if (!isEngineError(error, 'catalogue.damaged')) throw error
        refused++
      }
    }
    expect(refused).toBeGreaterThan(10)
    expect(partly).toBeGreaterThan(10)
  })
})
