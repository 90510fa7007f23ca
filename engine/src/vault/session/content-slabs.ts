import { invariant } from '../../errors/index.ts'
import { blobIdBytes, blobTypes, packKinds } from '../../format/index.ts'
import type { BlobTicket, ContentNumber } from '../blob-sink.ts'
import type { Sealer } from '../sealing/sealer.ts'
import type { BlobLedger } from './blob-ledger.ts'
import { bundlePieces } from './bundle-pieces.ts'
import { ContentTickets } from './content-tickets.ts'
import { Slab, slabBytes, type MissingPiece } from './slab.ts'
import type { WorkInFlight } from './work-in-flight.ts'

/**
 * Content on its way through shared memory: a full slab is identified by a thread, asked for at the hub, and what is missing is sealed
 * from where it lies. Slabs are identified in any order and numbered in the order they were filled: what a backup finds is the same for
 * any number of threads.
 */
export class ContentSlabs {
  readonly #ledger: BlobLedger
  readonly #sealer: Sealer
  readonly #work: WorkInFlight
  readonly #mostSlabs: number
  readonly #free: Slab[] = []
  #made = 0
  #open: Slab | null = null
  #pushed = 0
  /** Ids of slabs that were identified before an earlier one. */
  readonly #early = new Map<number, { readonly slab: Slab; readonly ids: Uint8Array }>()
  #submitted = 0
  #resolved = 0
  readonly #tickets = new ContentTickets()

  /** @param mostSlabs what may be under way in the threads, and all the back-pressure that reading knows. */
  constructor(ledger: BlobLedger, sealer: Sealer, work: WorkInFlight, mostSlabs: number) {
    this.#ledger = ledger
    this.#sealer = sealer
    this.#work = work
    this.#mostSlabs = mostSlabs
  }

  get identified(): number {
    return this.#tickets.count
  }

  room(bytes: number): Uint8Array | null {
    invariant(bytes > 0 && bytes <= slabBytes, 'a piece of content has 1 byte to 4 MiB')
    if (this.#open !== null && !this.#open.hasRoom(bytes)) this.submit()
    this.#open ??= this.#takeFree()
    return this.#open?.room(bytes) ?? null
  }

  whenRoom(): Promise<void> {
    return this.#work.until(() => this.#free.length > 0 || this.#made < this.#mostSlabs)
  }

  push(length: number): ContentNumber {
    invariant(this.#open !== null && length > 0 && this.#open.hasRoom(length), 'what is pushed fits into the room given')
    this.#open.push(length)
    return this.#pushed++
  }

  ticketOf(content: ContentNumber): BlobTicket {
    return this.#tickets.take(content)
  }

  /** Sends the open slab on, however little it holds. */
  submit(): void {
    const slab = this.#open
    if (slab === null || slab.isEmpty) return
    this.#open = null
    this.#work.track(this.#identify(slab, this.#submitted++))
  }

  identifyAll(): Promise<void> {
    this.submit()
    const all = this.#pushed
    return this.#work.until(() => this.identified >= all)
  }

  #takeFree(): Slab | null {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#made === this.#mostSlabs) return null
    this.#made++
    return new Slab()
  }

  async #identify(slab: Slab, order: number): Promise<void> {
    const ids = await this.#sealer.identify({ bytes: slab.bytes.subarray(0, slab.usedBytes), lengths: Uint32Array.from(slab.lengths) })
    this.#early.set(order, { slab, ids })
    for (let next = this.#early.get(this.#resolved); next !== undefined; next = this.#early.get(this.#resolved)) {
      this.#early.delete(this.#resolved++)
      const fresh = this.#resolve(next.slab, next.ids)
      this.#work.track(this.#sealMissing(next.slab, fresh))
    }
    this.#work.wake()
  }

  /** Gives every piece its ticket. @returns the pieces that the session has not met before. */
  #resolve(slab: Slab, ids: Uint8Array): readonly MissingPiece[] {
    const fresh: MissingPiece[] = []
    let start = 0
    for (const [index, length] of slab.lengths.entries()) {
      const { ticket, isNew } = this.#ledger.table.ticketOf(ids.subarray(index * blobIdBytes, (index + 1) * blobIdBytes))
      if (isNew) fresh.push({ ticket, start, length })
      this.#tickets.add(ticket)
      start += length
    }
    return fresh
  }

  async #sealMissing(slab: Slab, fresh: readonly MissingPiece[]): Promise<void> {
    const isMissing = await this.#ledger.missing(fresh.map((piece) => piece.ticket))
    const bundles = bundlePieces(fresh.filter((_, index) => isMissing[index]))
    if (bundles.length > 0) {
      const places = await this.#sealer.seal(
        bundles.map(({ tickets, lengths, ranges }) => ({
          kind: packKinds.data,
          types: tickets.map(() => blobTypes.data),
          ids: this.#ledger.idsOf(tickets),
          rawLengths: lengths,
          parts: ranges.map(({ start, end }) => slab.bytes.subarray(start, end)),
        })),
      )
      for (const [index, { tickets }] of bundles.entries()) this.#ledger.placeSegment(tickets, places[index]!)
    }
    slab.empty()
    this.#free.push(slab)
  }
}
