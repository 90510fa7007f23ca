import { copyBytes, equalBytes, toHex } from '../../bytes/index.ts'
import { EngineError, invariant } from '../../errors/index.ts'
import { blobIdBytes, Refset, type BlobLocation } from '../../format/index.ts'
import type { BlobTicket } from '../blob-sink.ts'

const pageTickets = 16_384
const unknown = 0xffff_ffff

/** The blobs of one session: number → id, id → number, and where each lies once that is known. Some 70 bytes a blob. */
export class TicketTable {
  readonly #idPages: Uint8Array[] = []
  #slots = new Int32Array(4096)
  #packs = new Uint32Array(2048)
  #ordinals = new Uint32Array(2048)
  #positions = new Uint16Array(2048)
  #count = 0
  readonly #packIds: Uint8Array[] = []
  readonly #packByHex = new Map<string, number>()
  #lastPack = 0

  get size(): number {
    return this.#count
  }

  idOf(ticket: BlobTicket): Uint8Array {
    invariant(ticket >= 0 && ticket < this.#count, 'a ticket was given out by this session')
    const start = (ticket % pageTickets) * blobIdBytes
    return this.#idPages[Math.floor(ticket / pageTickets)]!.subarray(start, start + blobIdBytes)
  }

  /** The ticket of an id, made now if it is new. */
  ticketOf(id: Uint8Array): { ticket: BlobTicket; isNew: boolean } {
    const slot = this.#slotOf(id)
    const held = this.#slots[slot]!
    if (held > 0) return { ticket: held - 1, isNew: false }
    const ticket = this.#count++
    if (ticket % pageTickets === 0) this.#idPages.push(new Uint8Array(pageTickets * blobIdBytes))
    this.#idPages.at(-1)!.set(id, (ticket % pageTickets) * blobIdBytes)
    if (this.#count > this.#packs.length) this.#growColumns()
    this.#packs[ticket] = unknown
    this.#slots[slot] = ticket + 1
    if (this.#count * 2 > this.#slots.length) this.#growSlots()
    return { ticket, isNew: true }
  }

  isLocated(ticket: BlobTicket): boolean {
    return this.#packs[ticket] !== unknown
  }

  locate(ticket: BlobTicket, packId: Uint8Array, ordinal: number, position: number): void {
    this.#packs[ticket] = this.#numberOf(packId)
    this.#ordinals[ticket] = ordinal
    this.#positions[ticket] = position
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
    const pack = this.#packs[ticket]
    if (pack === undefined || pack === unknown)
      throw new EngineError('invariant.broken', 'A blob was asked for its place before it had one.')
    return { packId: this.#packIds[pack]!, ordinal: this.#ordinals[ticket]!, position: this.#positions[ticket]! }
  }

  refset(): Refset {
    const refset = new Refset()
    const hexes = [...this.#packByHex.keys()]
    for (let ticket = 0; ticket < this.#count; ticket++) {
      invariant(this.isLocated(ticket), 'every blob of a finished session has a place')
      refset.add(hexes[this.#packs[ticket]!]!, this.#ordinals[ticket]!)
    }
    return refset
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
    const page = this.#idPages[Math.floor(ticket / pageTickets)]!
    const start = (ticket % pageTickets) * blobIdBytes
    for (let index = 0; index < blobIdBytes; index++) if (page[start + index] !== id[index]) return false
    return true
  }

  #growColumns(): void {
    const capacity = this.#packs.length * 2
    const packs = new Uint32Array(capacity)
    packs.set(this.#packs)
    const ordinals = new Uint32Array(capacity)
    ordinals.set(this.#ordinals)
    const positions = new Uint16Array(capacity)
    positions.set(this.#positions)
    this.#packs = packs
    this.#ordinals = ordinals
    this.#positions = positions
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2)
    for (let ticket = 0; ticket < this.#count; ticket++) this.#slots[this.#slotOf(this.idOf(ticket))] = ticket + 1
  }
}
