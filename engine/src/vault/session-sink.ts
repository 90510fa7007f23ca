import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { copyBytes } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'
import {
  blobIdBytes,
  locationRecordBytes,
  maxBlobsPerSegment,
  packKindOf,
  packKinds,
  readLocation,
  type BlobLocation,
  type BlobType,
  type PackKind,
} from '../format/index.ts'
import type { DomainKeys } from '../reader/primitives.ts'
import type { BlobSink, BlobTicket, SinkStatistics } from './blob-sink.ts'
import type { Pack } from './pack/pack-builder.ts'
import type { Sealer } from './sealer.ts'
import { TicketTable } from './ticket-table.ts'

/** Smaller blobs are bundled to at most this much before compression (docs/vault-format.md §8). */
const bundleBytes = 256 * 1024
const ownSegmentBytes = 128 * 1024
/** One question to the hub: few enough to answer quickly, many enough that the round trip does not matter. */
const batchBlobs = 2048
const batchBytes = 4 * 1024 * 1024
/** Bytes hashed but not yet durable at the hub: bounds memory and is the only back-pressure there is. */
const heldBytesLimit = 64 * 1024 * 1024
/** An archiver works in long synchronous stretches: at least this often answers and finished packs get their turn. */
const turnEveryMs = 4

export interface SessionPorts {
  /** n × 32 bytes of ids → n × 24 bytes of location records. Null = the domain is empty, nothing to ask. */
  readonly have: ((ids: Uint8Array) => Promise<Uint8Array>) | null
  /** Resolves when the pack is durable and known at the hub. */
  readonly putPack: (pack: Pack) => Promise<void>
}

interface PendingBlob {
  readonly ticket: BlobTicket
  readonly type: BlobType
  readonly bytes: Uint8Array
}

class OpenBundle {
  readonly tickets: BlobTicket[] = []
  readonly types: BlobType[] = []
  readonly parts: Uint8Array[] = []
  bytes = 0

  add(blob: PendingBlob): void {
    this.tickets.push(blob.ticket)
    this.types.push(blob.type)
    this.parts.push(blob.bytes)
    this.bytes += blob.bytes.length
  }
}

/** The blob sink of a real session: hash → ask → bundle → seal → send, each stage running ahead of the next as far as memory allows. */
export class SessionSink implements BlobSink {
  readonly #table = new TicketTable()
  readonly #idKey: KeyObject
  readonly #ports: SessionPorts
  readonly #sealer: Sealer
  readonly #typeByte = new Uint8Array(1)
  #batch: PendingBlob[] = []
  #batchBytes = 0
  #batchBuffer = new Uint8Array(batchBytes)
  /** Used part of the batch buffer. */
  #smallBytes = 0
  readonly #bundles = new Map<PackKind, OpenBundle>()
  readonly #work = new Set<Promise<void>>()
  #heldBytes = 0
  #failure: Error | undefined
  #wake: (() => void) | undefined
  #blobsNew = 0
  #blobsKnown = 0
  #packBytes = 0
  #dataPackBytes = 0
  #lastTurnMs = 0

  /** @param makeSealer gets the function that takes finished packs. */
  constructor(keys: DomainKeys, ports: SessionPorts, makeSealer: (onPack: (pack: Pack) => void) => Sealer) {
    this.#idKey = createSecretKey(keys.idKey)
    this.#ports = ports
    this.#sealer = makeSealer((pack) => this.#send(pack))
  }

  get ticketCount(): number {
    return this.#table.size
  }

  get statistics(): SinkStatistics {
    return { blobsNew: this.#blobsNew, blobsKnown: this.#blobsKnown, packBytes: this.#packBytes, dataPackBytes: this.#dataPackBytes }
  }

  add(type: BlobType, bytes: Uint8Array): BlobTicket {
    this.#typeByte[0] = type
    const id = createHmac('sha256', this.#idKey).update(this.#typeByte).update(bytes).digest()
    const { ticket, isNew } = this.#table.ticketOf(id)
    if (!isNew) return ticket
    if (this.#batchBytes + bytes.length > batchBytes || this.#batch.length >= batchBlobs) this.#dispatch()
    this.#batch.push({ ticket, type, bytes: this.#copy(bytes) })
    this.#batchBytes += bytes.length
    this.#heldBytes += bytes.length
    return ticket
  }

  adopt(id: Uint8Array, location: BlobLocation): BlobTicket {
    const { ticket, isNew } = this.#table.ticketOf(id)
    if (isNew) {
      this.#blobsKnown++
      this.#table.locate(ticket, location.packId, location.ordinal, location.position)
    }
    return ticket
  }

  idOf(ticket: BlobTicket): Uint8Array {
    return this.#table.idOf(ticket)
  }

  async whenReady(): Promise<void> {
    if (this.#work.size > 0 && performance.now() - this.#lastTurnMs > turnEveryMs) {
      await nextTurn()
      this.#lastTurnMs = performance.now()
    }
    while (this.#failure === undefined && this.#heldBytes > heldBytesLimit) await new Promise<void>((resolve) => (this.#wake = resolve))
    if (this.#failure !== undefined) throw this.#failure
  }

  async finish(): Promise<void> {
    this.#dispatch()
    await this.#settle()
    for (const kind of [packKinds.data, packKinds.metadata]) this.#closeBundle(kind)
    await this.#settle()
    await this.#sealer.flush()
    await this.#settle()
  }

  /** Ends a session that is given up: stops threads; what was sent stays and helps the next run. */
  async abandon(): Promise<void> {
    this.#failure ??= new EngineError('cancelled', 'The session was given up.')
    await this.#sealer.close()
    await Promise.allSettled(this.#work)
  }

  locationOf(ticket: BlobTicket): BlobLocation {
    return this.#table.locationOf(ticket)
  }

  refset(): Uint8Array {
    return this.#table.refset().encode()
  }

  /** Small blobs share the batch's one buffer; a large one gets its own, which later goes to the sealer as it is. */
  #copy(bytes: Uint8Array): Uint8Array {
    if (bytes.length >= ownSegmentBytes) return copyBytes(bytes)
    const start = this.#smallBytes
    this.#batchBuffer.set(bytes, start)
    this.#smallBytes += bytes.length
    return this.#batchBuffer.subarray(start, start + bytes.length)
  }

  #dispatch(): void {
    if (this.#batch.length === 0) return
    const batch = this.#batch
    this.#batch = []
    this.#batchBytes = 0
    this.#smallBytes = 0
    this.#batchBuffer = new Uint8Array(batchBytes)
    this.#track(this.#askAndBundle(batch))
  }

  async #askAndBundle(batch: readonly PendingBlob[]): Promise<void> {
    const records = await this.#ask(batch)
    for (const [index, blob] of batch.entries()) {
      const location = records === null ? null : readLocation(records, index)
      if (location === null) {
        this.#blobsNew++
        this.#bundle(blob)
      } else {
        this.#blobsKnown++
        this.#table.locate(blob.ticket, location.packId, location.ordinal, location.position)
        this.#release(blob.bytes.length)
      }
    }
  }

  async #ask(batch: readonly PendingBlob[]): Promise<Uint8Array | null> {
    if (this.#ports.have === null) return null
    const ids = new Uint8Array(batch.length * blobIdBytes)
    for (const [index, blob] of batch.entries()) ids.set(this.#table.idOf(blob.ticket), index * blobIdBytes)
    const records = await this.#ports.have(ids)
    if (records.length !== batch.length * locationRecordBytes)
      throw new EngineError('format.invalid', 'The hub answered another number of blobs than it was asked for.')
    return records
  }

  #bundle(blob: PendingBlob): void {
    const kind = packKindOf(blob.type)
    if (blob.bytes.length >= ownSegmentBytes) {
      const own = new OpenBundle()
      own.add(blob)
      this.#track(this.#seal(kind, own))
      return
    }
    const open = this.#bundles.get(kind)
    if (open !== undefined && (open.bytes + blob.bytes.length > bundleBytes || open.tickets.length >= maxBlobsPerSegment))
      this.#closeBundle(kind)
    let bundle = this.#bundles.get(kind)
    if (bundle === undefined) {
      bundle = new OpenBundle()
      this.#bundles.set(kind, bundle)
    }
    bundle.add(blob)
  }

  #closeBundle(kind: PackKind): void {
    const bundle = this.#bundles.get(kind)
    if (bundle === undefined) return
    this.#bundles.delete(kind)
    this.#track(this.#seal(kind, bundle))
  }

  async #seal(kind: PackKind, open: OpenBundle): Promise<void> {
    const ids = new Uint8Array(open.tickets.length * blobIdBytes)
    for (const [index, ticket] of open.tickets.entries()) ids.set(this.#table.idOf(ticket), index * blobIdBytes)
    const place = await this.#sealer.seal({
      kind,
      types: open.types,
      ids,
      rawLengths: open.parts.map((part) => part.length),
      raw: joined(open),
    })
    for (const [position, ticket] of open.tickets.entries()) this.#table.locate(ticket, place.packId, place.ordinal, position)
    this.#release(open.bytes)
  }

  #send(pack: Pack): void {
    // Taken before it is sent: a transport that hands the buffer to another thread leaves an empty one here.
    const packBytes = pack.bytes.length
    this.#packBytes += packBytes
    if (pack.kind === packKinds.data) this.#dataPackBytes += packBytes
    this.#heldBytes += packBytes
    this.#track(this.#ports.putPack(pack).then(() => this.#release(packBytes)))
  }

  #release(bytes: number): void {
    this.#heldBytes -= bytes
    this.#wake?.()
  }

  /** Remembers work in flight; the first failure ends the session. */
  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new EngineError('store.io-error', 'The transport failed.', { cause: error })
      })
      .finally(() => {
        this.#work.delete(tracked)
        this.#wake?.()
      })
    this.#work.add(tracked)
  }

  async #settle(): Promise<void> {
    while (this.#work.size > 0 && this.#failure === undefined) await Promise.all(this.#work)
    if (this.#failure !== undefined) throw this.#failure
  }
}

function joined(bundle: OpenBundle): Uint8Array {
  const only = bundle.parts[0]
  if (bundle.parts.length === 1 && only !== undefined && only.byteLength === only.buffer.byteLength) return only
  const raw = new Uint8Array(bundle.bytes)
  let offset = 0
  for (const part of bundle.parts) {
    raw.set(part, offset)
    offset += part.length
  }
  return raw
}
