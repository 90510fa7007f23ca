import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EngineError } from '../../errors/index.ts'
import { blobIdBytes, Refset } from '../../format/index.ts'
import { pageRecords } from './paged-records.ts'
import type { ScratchCalls, SessionScratch } from './scratch-file.ts'
import { FaultyCalls, type ScratchFaults } from './testing/faulty-calls.ts'
import { TicketTable } from './ticket-table.ts'

/** xorshift32: quick, and the same for the same seed. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const keyOf = (id: Uint8Array): string => Buffer.from(id).toString('latin1')

interface Story extends ScratchFaults {
  readonly seed: number
  readonly blobs: number
  readonly memoryPages: number
  /** First six bytes of an id, which are all of its fingerprint, are one of so many. 0: any. */
  readonly fingerprints: number
  /** So many blobs wait for their places at most. */
  readonly waiting: number
}

/** The same by the plainest means. */
class Model {
  readonly ids: Uint8Array[] = []
  readonly tickets = new Map<string, number>()
  readonly places: { pack: number; ordinal: number; position: number }[] = []
}

/** Takes all and gives nothing back. */
const sinkhole: ScratchCalls = {
  freeBytes: () => null,
  open: () => 7,
  unlink: () => undefined,
  write: (_, bytes) => bytes.length,
  read: () => 0,
  close: () => undefined,
}

const packs = Array.from({ length: 5 }, (_, pack) => new Uint8Array(16).fill(pack + 1))

class Play {
  readonly #story: Story
  readonly #random: (below: number) => number
  readonly model = new Model()
  readonly calls: FaultyCalls
  readonly table: TicketTable
  readonly #waiting: number[] = []
  told = 0

  constructor(story: Story) {
    this.#story = story
    this.#random = randomNumbers(story.seed)
    this.calls = new FaultyCalls(story)
    const scratch: SessionScratch = { path: '', onUnwritable: () => this.told++ }
    this.table = new TicketTable({ scratch, memoryPages: story.memoryPages, calls: this.calls })
  }

  play(): void {
    const { blobs } = this.#story
    while (this.model.ids.length < blobs) {
      this.#addNew()
      if (this.#random(4) === 0) this.#askKnown()
      if (this.#waiting.length > this.#story.waiting || this.#random(3) === 0) this.#locateOne()
    }
    while (this.#waiting.length > 0) this.#locateOne()
  }

  #newId(): Uint8Array {
    const id = new Uint8Array(blobIdBytes)
    const words = new Uint32Array(id.buffer)
    for (let word = 0; word < words.length; word++) words[word] = this.#random(2 ** 32)
    const { fingerprints } = this.#story
    // Below 2^32: the rest of the six bytes is 0.
    if (fingerprints > 0) Buffer.from(id.buffer).writeUIntLE(this.#random(fingerprints), 0, 6)
    return id
  }

  #addNew(): void {
    const { model, table } = this
    const id = this.#newId()
    const given = table.ticketOf(id)
    if (model.tickets.has(keyOf(id))) throw new Error('the same id twice by chance')
    if (given.ticket !== model.ids.length || !given.isNew) expect(given).toEqual({ ticket: model.ids.length, isNew: true })
    model.tickets.set(keyOf(id), given.ticket)
    // Its memory is used again at once, as that of a slab is.
    model.ids.push(id.slice())
    id.fill(0)
    this.#waiting.push(given.ticket)
  }

  /** One from anywhere, or a row of neighbours. */
  #askKnown(): void {
    const { model, table } = this
    const first = this.#random(model.ids.length)
    const row = this.#random(50) === 0 ? 300 : 1
    for (let ticket = first; ticket < Math.min(first + row, model.ids.length); ticket++) {
      const id = model.ids[ticket]!
      const given = table.ticketOf(id)
      if (given.ticket !== ticket || given.isNew) expect(given).toEqual({ ticket, isNew: false })
      if (Buffer.compare(table.idOf(ticket), id) !== 0) expect(table.idOf(ticket)).toEqual(id)
      this.#expectPlace(ticket)
    }
  }

  #expectPlace(ticket: number): void {
    const place = this.model.places[ticket]
    if (place === undefined) return this.#expectNoPlace(ticket)
    const found = this.table.locationOf(ticket)
    const isSame =
      Buffer.compare(found.packId, packs[place.pack]!) === 0 && found.ordinal === place.ordinal && found.position === place.position
    if (!isSame) expect(found).toEqual({ packId: packs[place.pack], ordinal: place.ordinal, position: place.position })
  }

  /** By hand: the matcher takes longer than all else here together. */
  #expectNoPlace(ticket: number): void {
    try {
      this.table.locationOf(ticket)
    } catch (error) {
      if (error instanceof EngineError && error.code === 'invariant.broken') return
      throw error
    }
    expect.fail(`blob ${ticket} has a place that nobody gave it`)
  }

  #locateOne(): void {
    const waiting = this.#waiting
    const ticket = waiting.pop()
    if (ticket === undefined) return
    // The next one is any of them.
    const at = this.#random(waiting.length + 1)
    if (at < waiting.length) [waiting[at], waiting[waiting.length - 1]] = [waiting.at(-1)!, waiting[at]!]
    const place = { pack: this.#random(packs.length), ordinal: this.#random(5000), position: this.#random(65_536) }
    this.model.places[ticket] = place
    this.table.locate(ticket, packs[place.pack]!.slice(), place.ordinal, place.position)
  }

  expectAll(): void {
    const { model, table } = this
    expect(table.size).toBe(model.ids.length)
    const refset = new Refset()
    for (const [ticket, id] of model.ids.entries()) {
      if (Buffer.compare(table.idOf(ticket), id) !== 0) expect(table.idOf(ticket), `id of ${ticket}`).toEqual(id)
      this.#expectPlace(ticket)
      const { pack, ordinal } = model.places[ticket]!
      refset.add(Buffer.from(packs[pack]!).toString('hex'), ordinal)
    }
    expect(Buffer.compare(table.refset().encode(), refset.encode())).toBe(0)
    for (const field of ['pack', 'ordinal', 'position'] as const) this.#expectColumn(field)
    for (const ticket of [-1, model.ids.length]) expect(() => table.idOf(ticket)).toThrow('was given out')
  }

  #expectColumn(field: 'pack' | 'ordinal' | 'position'): void {
    const { model, table } = this
    let wrong = 0
    let ticket = 0
    while (ticket < model.ids.length) {
      const values = table.places(field, ticket)
      expect(values.length).toBeGreaterThan(0)
      for (const value of values) {
        const place = model.places[ticket++]!
        const isPack = field === 'pack'
        wrong += Number(isPack ? Buffer.compare(table.packIds[value]!, packs[place.pack]!) !== 0 : value !== place[field])
      }
    }
    expect([ticket, wrong]).toEqual([model.ids.length, 0])
  }
}

const stories = fc.record({
  seed: fc.integer({ min: 1 }),
  // A page and its borders, up to some more pages than are held.
  blobs: fc.oneof(
    fc.constantFrom(1, pageRecords - 1, pageRecords, pageRecords + 1, 3 * pageRecords),
    fc.integer({ min: 1, max: 5 * pageRecords }),
  ),
  memoryPages: fc.integer({ min: 1, max: 3 }),
  fingerprints: fc.constantFrom(0, 0, 20_000),
  waiting: fc.constantFrom(10, 5000, 100_000),
  failFrom: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 400 })),
  mostBytes: fc.constantFrom(Infinity, Infinity, 5000),
  keepsNames: fc.boolean(),
})

test('says of every blob what a plain map says, whatever lies in the file and whenever that takes no more', () => {
  fc.assert(
    fc.property(stories, (story) => {
      const play = new Play(story)
      play.play()
      play.expectAll()
      // Told once, and not tried again.
      expect([play.told, play.calls.failures]).toEqual(play.calls.failures === 0 ? [0, 0] : [1, 1])
      play.table.close()
      play.table.close()
      expect([play.calls.isOpen, play.calls.hasName]).toEqual([false, false])
    }),
    { numRuns: 8 },
  )
})

/** Small enough that one has 100 of them, and that most of it lies in the file. */
const usual: Story = {
  seed: 5,
  blobs: 3 * pageRecords + 5,
  memoryPages: 1,
  fingerprints: 0,
  waiting: 100_000,
  failFrom: null,
  mostBytes: Infinity,
  keepsNames: false,
}

test('a write that fails costs nothing, whichever it is', () => {
  const whole = new Play(usual)
  whole.play()
  // The file is made, and takes ids and places of two pages; the rest are places that come late.
  expect(whole.calls.changes).toBeGreaterThan(1000)
  for (const failFrom of [0, 1, 2, 3, 4, 100, whole.calls.changes - 1]) {
    const play = new Play({ ...usual, failFrom })
    play.play()
    play.expectAll()
    expect([failFrom, play.told]).toEqual([failFrom, 1])
  }
})

/** Pages in the file, of which nothing was read back. */
function tableInFile(pages = 2): {
  readonly table: TicketTable
  readonly calls: FaultyCalls
  readonly idAt: (ticket: number) => Uint8Array
} {
  const calls = new FaultyCalls(usual)
  const table = new TicketTable({ scratch: { path: '', onUnwritable: () => expect.fail() }, memoryPages: 1, calls })
  const idAt = (ticket: number): Uint8Array => {
    const id = Buffer.alloc(blobIdBytes)
    for (let offset = 0; offset < id.length; offset += 4) id.writeUInt32LE(ticket, offset)
    return id
  }
  for (let ticket = 0; ticket < pages * pageRecords + 1; ticket++) {
    table.ticketOf(idAt(ticket))
    table.locate(ticket, packs[0]!, ticket, 0)
  }
  return { table, calls, idAt }
}

const unreadable = expect.objectContaining({ code: 'scratch.unreadable' })

test.each<[string, number, (table: TicketTable) => unknown]>([
  ['an id', 1000 * blobIdBytes + 3, (table) => Buffer.from(table.idOf(1001)).readUInt32LE(28)],
  ['a place', pageRecords * blobIdBytes + 5000 * 12, (table) => table.locationOf(5001).ordinal],
  ['a column of places', pageRecords * blobIdBytes + 5000 * 12, (table) => table.places('ordinal', 5001)[0]],
])('%s that changed in the file is never told', (_, offset, ask) => {
  const { table, calls } = tableInFile()
  calls.bytes[offset]! ^= 4
  expect(() => ask(table)).toThrow(unreadable)
  // Nor the second time, when what was read may be taken for what was checked.
  expect(() => ask(table)).toThrow(unreadable)
  calls.bytes[offset]! ^= 4
  expect(String(ask(table))).toMatch(/^(1001|5001)$/)
})

test('what was read before is not taken for what cannot be read, nor the other way round', () => {
  const { table, calls, idAt } = tableInFile(3)
  expect(table.idOf(1001)).toEqual(new Uint8Array(idAt(1001)))
  // As far apart as ids are of which only one is kept.
  const other = 1001 + 2 * pageRecords
  const offset = 2 * pageRecords * (blobIdBytes + 12) + 1001 * blobIdBytes
  calls.bytes[offset]! ^= 1
  expect(() => table.idOf(other)).toThrow(unreadable)
  expect(table.idOf(1001)).toEqual(new Uint8Array(idAt(1001)))
  calls.bytes[offset]! ^= 1
  expect(table.idOf(other)).toEqual(new Uint8Array(idAt(other)))
})

test('an id whose like lies in a file that is lost is neither taken for known nor for new', () => {
  const { table, calls, idAt } = tableInFile()
  calls.bytes = calls.bytes.slice(0, 1000 * blobIdBytes)
  expect(() => table.ticketOf(idAt(20_000))).toThrow(unreadable)
  expect(table.size).toBe(2 * pageRecords + 1)
  expect(table.ticketOf(idAt(5))).toEqual({ ticket: 5, isNew: false })
})

test('a blob takes 10 to 12 bytes of memory once its page lies in the file', () => {
  const table = new TicketTable({ scratch: { path: '', onUnwritable: () => expect.fail() }, memoryPages: 1, calls: sinkhole })
  const random = randomNumbers(3)
  const id = new Uint8Array(blobIdBytes)
  const words = new Uint32Array(id.buffer)
  const add = (blobs: number): void => {
    for (let blob = 0; blob < blobs; blob++) {
      for (let word = 0; word < words.length; word++) words[word] = random(2 ** 32)
      table.locate(table.ticketOf(id).ticket, packs[0]!, 0, 0)
    }
  }
  // A page in memory and 704 KiB of it are there before and after.
  add(pageRecords)
  const before = process.memoryUsage().arrayBuffers
  add(20 * pageRecords)
  expect((process.memoryUsage().arrayBuffers - before) / (20 * pageRecords)).toBeLessThan(14)
})

test('a blob has one place, and is not asked for it before', () => {
  const table = new TicketTable({ scratch: null, memoryPages: 1 })
  const { ticket } = table.ticketOf(new Uint8Array(blobIdBytes))
  expect(() => table.locationOf(ticket)).toThrow('before it had one')
  expect(() => table.refset()).toThrow('every blob of a finished session has a place')
  expect(() => table.places('pack', ticket)).toThrow('every blob of a finished session has a place')
  table.locate(ticket, packs[0]!, 0, 0)
  expect(() => table.locate(ticket, packs[0]!, 0, 0)).toThrow('its place once')
  expect(table.refset().packCount).toBe(1)
})

test('ids are of the asker, and stay what they are', () => {
  const table = new TicketTable({ scratch: null, memoryPages: 1 })
  const { ticket } = table.ticketOf(new Uint8Array(blobIdBytes).fill(3))
  table.idOf(ticket).fill(9)
  expect(table.idOf(ticket)).toEqual(new Uint8Array(blobIdBytes).fill(3))
})
