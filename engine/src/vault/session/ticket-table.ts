import { copyBytes, equalBytes, toHex } from '../../bytes/index.ts'
import { EngineError, invariant } from '../../errors/index.ts'
import { blobIdBytes, Refset, type BlobLocation } from '../../format/index.ts'
import type { BlobTicket } from '../blob-sink.ts'

const pageTickets = 16_384
const unknown = 0xffff_ffff

/** Of consecutive tickets: pages are added, never copied, so that a table that grows needs no more than it holds. */
class TicketPage {
  readonly ids = new Uint8Array(pageTickets * blobIdBytes)
  readonly packs = new Uint32Array(pageTickets).fill(unknown)
  readonly ordinals = new Uint32Array(pageTickets)
  readonly positions = new Uint16Array(pageTickets)
}

/** The blobs of one session: number → id, id → number, and where each lies once that is known. 47 to 53 bytes a blob. */
export class TicketTable {
  readonly #pages: TicketPage[] = []
  #slots = new Int32Array(4096)
  #count = 0
  readonly #packIds: Uint8Array[] = []
  readonly #packByHex = new Map<string, number>()
  #lastPack = 0

  get size(): number {
    return this.#count
  }

  idOf(ticket: BlobTicket): Uint8Array {
    const start = (ticket % pageTickets) * blobIdBytes
    return this.#pageOf(ticket).ids.subarray(start, start + blobIdBytes)
  }

  /** The ticket of an id, made now if it is new. */
  ticketOf(id: Uint8Array): { ticket: BlobTicket; isNew: boolean } {
    const slot = this.#slotOf(id)
    const held = this.#slots[slot]!
    if (held > 0) return { ticket: held - 1, isNew: false }
    const ticket = this.#count++
    if (ticket % pageTickets === 0) this.#pages.push(new TicketPage())
    this.#pages.at(-1)!.ids.set(id, (ticket % pageTickets) * blobIdBytes)
    this.#slots[slot] = ticket + 1
    if (this.#count * 4 > this.#slots.length * 3) this.#growSlots()
    return { ticket, isNew: true }
  }

  isLocated(ticket: BlobTicket): boolean {
    return this.#pageOf(ticket).packs[ticket % pageTickets] !== unknown
  }

  locate(ticket: BlobTicket, packId: Uint8Array, ordinal: number, position: number): void {
    const page = this.#pageOf(ticket)
    const at = ticket % pageTickets
    page.packs[at] = this.#numberOf(packId)
    page.ordinals[at] = ordinal
    page.positions[at] = position
  }

  #numberOf(packId: Uint8Array): number {
    const last = this.#packIds[this.#lastPack]
    // Neighbours mostly lie in the same pack: no text is made for them.
    if (last !== undefined && equalBytes(last, packId)) return this.#lastPack
    const hex = toHex(packId)
    this.#lastPack = this.#packByHex.get(hex) ?? this.#packIds.push(copyBytes(packId)) - 1
    this.#packByHex.set(hex, this.#lastPack)
    return this.#lastPack
  }

  /** @throws EngineError `invariant.broken` before the session is finished. */
  locationOf(ticket: BlobTicket): BlobLocation {
    const { packs, ordinals, positions } = this.#pageOf(ticket)
    const at = ticket % pageTickets
    const pack = packs[at]!
    if (pack === unknown) throw new EngineError('invariant.broken', 'A blob was asked for its place before it had one.')
    return { packId: this.#packIds[pack]!, ordinal: ordinals[at]!, position: positions[at]! }
  }

  refset(): Refset {
    const refset = new Refset()
    const hexes = [...this.#packByHex.keys()]
    for (let ticket = 0; ticket < this.#count; ticket++) {
      invariant(this.isLocated(ticket), 'every blob of a finished session has a place')
      const { packs, ordinals } = this.#pageOf(ticket)
      refset.add(hexes[packs[ticket % pageTickets]!]!, ordinals[ticket % pageTickets]!)
    }
    return refset
  }

  #pageOf(ticket: BlobTicket): TicketPage {
    invariant(ticket >= 0 && ticket < this.#count, 'a ticket was given out by this session')
    return this.#pages[Math.floor(ticket / pageTickets)]!
  }

  /** Slot of the id, or the empty one where it belongs. */
  #slotOf(id: Uint8Array): number {
    const mask = this.#slots.length - 1
    for (let slot = (id[0]! | (id[1]! << 8) | (id[2]! << 16) | ((id[3]! & 0x7f) << 24)) & mask; ; slot = (slot + 1) & mask) {
      const held = this.#slots[slot]!
      if (held === 0 || this.#isSame(held - 1, id)) return slot
    }
  }

  #isSame(ticket: number, id: Uint8Array): boolean {
    const { ids } = this.#pages[Math.floor(ticket / pageTickets)]!
    const start = (ticket % pageTickets) * blobIdBytes
    for (let index = 0; index < blobIdBytes; index++) if (ids[start + index] !== id[index]) return false
    return true
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2)
    for (let ticket = 0; ticket < this.#count; ticket++) this.#slots[this.#slotOf(this.idOf(ticket))] = ticket + 1
  }
}
