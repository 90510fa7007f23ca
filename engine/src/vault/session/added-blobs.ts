import { createBlobHasher, type BlobHasher } from '../../blob-id/index.ts'
import { copyBytes } from '../../bytes/index.ts'
import { maxBlobsPerSegment, packKindOf, packKinds, type BlobType, type PackKind } from '../../format/index.ts'
import type { BlobTicket } from '../blob-sink.ts'
import type { Sealer } from '../sealing/sealer.ts'
import type { BlobLedger } from './blob-ledger.ts'
import { bundleBytes, ownSegmentBytes, questionBlobs } from './segment-limits.ts'
import type { WorkInFlight } from './work-in-flight.ts'

const batchBytes = 4 * 1024 * 1024

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

/** Blobs that are hashed and copied as they come: hash → ask → bundle → seal, each stage running ahead of the next. */
export class AddedBlobs {
  readonly #ledger: BlobLedger
  readonly #hasher: BlobHasher
  readonly #sealer: Sealer
  readonly #work: WorkInFlight
  #batch: PendingBlob[] = []
  #batchBytes = 0
  /** Made with the batch's first small blob. */
  #batchBuffer: Uint8Array | null = null
  /** Used part of the batch buffer. */
  #smallBytes = 0
  readonly #bundles = new Map<PackKind, OpenBundle>()

  constructor(idKey: Uint8Array, ledger: BlobLedger, sealer: Sealer, work: WorkInFlight) {
    this.#hasher = createBlobHasher(idKey)
    this.#ledger = ledger
    this.#sealer = sealer
    this.#work = work
  }

  add(type: BlobType, bytes: Uint8Array): BlobTicket {
    const { ticket, isNew } = this.#ledger.table.ticketOf(this.#hasher.idOf(type, bytes))
    if (!isNew) return ticket
    if (this.#batchBytes + bytes.length > batchBytes || this.#batch.length >= questionBlobs) this.dispatch()
    this.#batch.push({ ticket, type, bytes: this.#copy(bytes) })
    this.#batchBytes += bytes.length
    this.#work.hold(bytes.length)
    return ticket
  }

  /** Sends on what was added so far. */
  dispatch(): void {
    if (this.#batch.length === 0) return
    const batch = this.#batch
    this.#batch = []
    this.#batchBytes = 0
    this.#smallBytes = 0
    this.#batchBuffer = null
    this.#work.track(this.#askAndBundle(batch))
  }

  /** Closes what is open, however small; nothing is added afterwards. */
  closeBundles(): void {
    for (const kind of [packKinds.data, packKinds.metadata]) this.#closeBundle(kind)
  }

  /** Small blobs share the batch's one buffer; a large one gets its own, which later goes to the sealer as it is. */
  #copy(bytes: Uint8Array): Uint8Array {
    if (bytes.length >= ownSegmentBytes) return copyBytes(bytes)
    this.#batchBuffer ??= new Uint8Array(batchBytes)
    const start = this.#smallBytes
    this.#batchBuffer.set(bytes, start)
    this.#smallBytes += bytes.length
    return this.#batchBuffer.subarray(start, start + bytes.length)
  }

  async #askAndBundle(batch: readonly PendingBlob[]): Promise<void> {
    const missing = await this.#ledger.missing(batch.map((blob) => blob.ticket))
    for (const [index, blob] of batch.entries()) {
      if (missing[index] === true) this.#bundle(blob)
      else this.#work.release(blob.bytes.length)
    }
  }

  #bundle(blob: PendingBlob): void {
    const kind = packKindOf(blob.type)
    if (blob.bytes.length >= ownSegmentBytes) {
      const own = new OpenBundle()
      own.add(blob)
      this.#work.track(this.#seal(kind, own))
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
    this.#work.track(this.#seal(kind, bundle))
  }

  async #seal(kind: PackKind, { tickets, types, parts, bytes }: OpenBundle): Promise<void> {
    const ids = this.#ledger.idsOf(tickets)
    const rawLengths = parts.map((part) => part.length)
    const [place] = await this.#sealer.seal([{ kind, types, ids, rawLengths, parts: [joined(parts, bytes)] }])
    this.#ledger.placeSegment(tickets, place!)
    this.#work.release(bytes)
  }
}

/** With memory of its own, since it is handed over. */
function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const only = parts[0]
  if (parts.length === 1 && only !== undefined && only.byteLength === only.buffer.byteLength) return only
  const raw = new Uint8Array(bytes)
  let offset = 0
  for (const part of parts) {
    raw.set(part, offset)
    offset += part.length
  }
  return raw
}
