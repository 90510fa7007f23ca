import { EngineError } from '../../errors/index.ts'
import { blobIdBytes, locationRecordBytes, readLocation, type BlobLocation } from '../../format/index.ts'
import type { BlobTicket } from '../blob-sink.ts'
import type { SealedPlace } from '../sealing/sealer.ts'
import { TicketTable, type TicketTableOptions } from './ticket-table.ts'

/** n × 32 bytes of ids → n × 24 bytes of location records. Null = the domain is empty, nothing to ask. */
export type AskHave = ((ids: Uint8Array) => Promise<Uint8Array>) | null

/** Every blob of a session: which there are, which the vault had before, and where each lies. */
export class BlobLedger {
  readonly table: TicketTable
  readonly #have: AskHave
  #blobsNew = 0
  #blobsKnown = 0

  constructor(have: AskHave, options: TicketTableOptions) {
    this.table = new TicketTable(options)
    this.#have = have
  }

  get counts(): { readonly blobsNew: number; readonly blobsKnown: number } {
    return { blobsNew: this.#blobsNew, blobsKnown: this.#blobsKnown }
  }

  adopt(id: Uint8Array, location: BlobLocation): BlobTicket {
    const { ticket, isNew } = this.table.ticketOf(id)
    if (isNew) this.#knowPlace(ticket, location)
    return ticket
  }

  /**
   * Asks the hub, in one question, for blobs that are new to the session; those it has get their place.
   * @returns for each whether the vault misses it, so that it must be sent.
   */
  async missing(tickets: readonly BlobTicket[]): Promise<readonly boolean[]> {
    const records = tickets.length === 0 ? null : await this.#ask(tickets)
    return tickets.map((ticket, index) => {
      const location = records === null ? null : readLocation(records, index)
      if (location === null) this.#blobsNew++
      else this.#knowPlace(ticket, location)
      return location === null
    })
  }

  placeSegment(tickets: readonly BlobTicket[], { packId, ordinal }: SealedPlace): void {
    for (const [position, ticket] of tickets.entries()) this.table.locate(ticket, packId, ordinal, position)
  }

  /** n × 32 bytes, with memory of its own. */
  idsOf(tickets: readonly BlobTicket[]): Uint8Array {
    const ids = new Uint8Array(tickets.length * blobIdBytes)
    for (const [index, ticket] of tickets.entries()) this.table.copyId(ticket, ids, index * blobIdBytes)
    return ids
  }

  #knowPlace(ticket: BlobTicket, { packId, ordinal, position }: BlobLocation): void {
    this.#blobsKnown++
    this.table.locate(ticket, packId, ordinal, position)
  }

  async #ask(tickets: readonly BlobTicket[]): Promise<Uint8Array | null> {
    if (this.#have === null) return null
    const records = await this.#have(this.idsOf(tickets))
    if (records.length !== tickets.length * locationRecordBytes)
      throw new EngineError('format.invalid', 'The hub answered another number of blobs than it was asked for.')
    return records
  }
}
