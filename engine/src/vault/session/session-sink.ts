import { setImmediate as nextTurn } from 'node:timers/promises'
import { EngineError, invariant } from '../../errors/index.ts'
import { packKinds, type BlobLocation, type BlobType } from '../../format/index.ts'
import type { DomainKeys } from '../../reader/primitives.ts'
import type { BlobSink, BlobTicket, ContentNumber, PlaceField, SinkStatistics } from '../blob-sink.ts'
import type { Pack } from '../pack/pack-builder.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { AddedBlobs } from './added-blobs.ts'
import { BlobLedger, type AskHave } from './blob-ledger.ts'
import { ContentSlabs } from './content-slabs.ts'
import type { SessionScratch } from './scratch-file.ts'
import { bundleBytes } from './segment-limits.ts'
import { WorkInFlight } from './work-in-flight.ts'

/** What a session may hold in memory at most. */
export interface SessionRoom {
  /** Bytes of packs, and of blobs added, that are not yet durable at the hub. */
  readonly heldBytes: number
  /** Of 4 MiB each, for content between reading and sealing; at least 2, so that one is filled while the other is worked on. */
  readonly slabs: number
  /** Of 16,384 blobs and 704 KiB each, with ids and places: what is older lies in the scratch file, where there is one. */
  readonly ticketPages: number
}
/** Two slabs for each of four threads, four packs of 16 MiB on their way, and 131,072 blobs before a scratch file is made. */
const usualRoom: SessionRoom = { heldBytes: 64 * 1024 * 1024, slabs: 8, ticketPages: 8 }
/** An archiver works in long synchronous stretches: at least this often answers and finished packs get their turn. */
const turnEveryMs = 4

export interface SessionPorts {
  readonly have: AskHave
  /** Resolves when the pack is durable and known at the hub. */
  readonly putPack: (pack: Pack) => Promise<void>
  /** For what is known of older blobs; without it that stays in memory, some 55 bytes a blob. */
  readonly scratch?: SessionScratch | undefined
}

/** The blob sink of a real session. */
export class SessionSink implements BlobSink {
  readonly #ports: SessionPorts
  readonly #sealer: Sealer
  readonly #work = new WorkInFlight()
  readonly #ledger: BlobLedger
  readonly #added: AddedBlobs
  readonly #content: ContentSlabs
  readonly #room: SessionRoom
  #packBytes = 0
  #dataPackBytes = 0
  #lastTurnMs = 0

  /** @param makeSealer gets the function that takes finished packs. */
  constructor(keys: DomainKeys, ports: SessionPorts, makeSealer: (onPack: (pack: Pack) => void) => Sealer, room: SessionRoom = usualRoom) {
    invariant(room.heldBytes >= 4 * bundleBytes, 'a session has room for its open bundles')
    this.#room = room
    this.#ports = ports
    this.#sealer = makeSealer((pack) => this.#send(pack))
    this.#ledger = new BlobLedger(ports.have, { scratch: ports.scratch ?? null, memoryPages: room.ticketPages })
    this.#added = new AddedBlobs(keys.idKey, this.#ledger, this.#sealer, this.#work)
    this.#content = new ContentSlabs(this.#ledger, this.#sealer, this.#work, room.slabs)
  }

  get ticketCount(): number {
    return this.#ledger.table.size
  }

  get statistics(): SinkStatistics {
    return { ...this.#ledger.counts, packBytes: this.#packBytes, dataPackBytes: this.#dataPackBytes }
  }

  get identified(): number {
    return this.#content.identified
  }

  add(type: BlobType, bytes: Uint8Array): BlobTicket {
    return this.#added.add(type, bytes)
  }

  adopt(id: Uint8Array, location: BlobLocation): BlobTicket {
    return this.#ledger.adopt(id, location)
  }

  room(bytes: number): Uint8Array | null {
    return this.#content.room(bytes)
  }

  whenRoom(): Promise<void> {
    return this.#content.whenRoom()
  }

  push(length: number): ContentNumber {
    return this.#content.push(length)
  }

  identifyAll(): Promise<void> {
    return this.#content.identifyAll()
  }

  ticketOf(content: ContentNumber): BlobTicket {
    return this.#content.ticketOf(content)
  }

  idOf(ticket: BlobTicket): Uint8Array {
    return this.#ledger.table.idOf(ticket)
  }

  async whenReady(): Promise<void> {
    if (!this.#work.isIdle && performance.now() - this.#lastTurnMs > turnEveryMs) {
      await nextTurn()
      this.#lastTurnMs = performance.now()
    }
    if (this.#work.heldBytes <= this.#room.heldBytes) return this.#work.throwIfFailed()
    // What waits for more of its kind would wait for ever: nothing is added while we wait. Open bundles are left, far below any room.
    this.#added.dispatch()
    await this.#work.until(() => this.#work.heldBytes <= this.#room.heldBytes)
  }

  async finish(): Promise<void> {
    this.#content.submit()
    this.#added.dispatch()
    await this.#settle()
    this.#added.closeBundles()
    await this.#settle()
    await this.#sealer.flush()
    await this.#settle()
    this.#ledger.table.requireAllLocated()
  }

  /** Ends a session that is given up: stops threads; what was sent stays and helps the next run. */
  async abandon(): Promise<void> {
    this.#work.fail(new EngineError('cancelled', 'The session was given up.'))
    await this.#sealer.close()
    await this.#work.end()
    this.close()
  }

  /** Gives the scratch file back, once nothing is asked of blobs any more. May be called again. */
  close(): void {
    this.#ledger.table.close()
  }

  locationOf(ticket: BlobTicket): BlobLocation {
    return this.#ledger.table.locationOf(ticket)
  }

  get packIds(): readonly Uint8Array[] {
    return this.#ledger.table.packIds
  }

  places(field: PlaceField, from: BlobTicket): Uint32Array {
    return this.#ledger.table.places(field, from)
  }

  refset(): Uint8Array {
    return this.#ledger.table.refset().encode()
  }

  #settle(): Promise<void> {
    return this.#work.until(() => this.#work.isIdle)
  }

  #send(pack: Pack): void {
    // Taken before it is sent: a transport that hands the buffer to another thread leaves an empty one here.
    const packBytes = pack.bytes.length
    this.#packBytes += packBytes
    if (pack.kind === packKinds.data) this.#dataPackBytes += packBytes
    this.#work.hold(packBytes)
    this.#work.track(this.#ports.putPack(pack).then(() => this.#work.release(packBytes)))
  }
}
