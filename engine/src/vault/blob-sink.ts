import type { BlobType } from '../format/blob-type.ts'
import type { BlobLocation } from '../format/location.ts'

/** Number of a blob within one session; tickets count up from 0 and equal blobs share one. */
export type BlobTicket = number

export interface SinkStatistics {
  /** Distinct blobs that the vault did not have. */
  readonly blobsNew: number
  readonly blobsKnown: number
  /** Bytes of packs handed to the transport (what the vault grows by). */
  readonly packBytes: number
  /** The same, data packs only: 0 when no content was sent. */
  readonly dataPackBytes: number
}

/**
 * Where an archiver puts blobs. One sink is one session: it asks the hub which blobs are missing in batches, bundles the missing ones
 * into segments and packs, and hands finished packs to the transport.
 */
export interface BlobSink {
  /** Takes a blob; the bytes are hashed and copied before it returns, so the caller may reuse the buffer. */
  add(type: BlobType, bytes: Uint8Array): BlobTicket
  /** Takes a blob that a usable base snapshot is known to hold: nothing is read or sent. */
  adopt(id: Uint8Array, location: BlobLocation): BlobTicket
  /** 32 bytes; valid as long as the sink lives; do not change. */
  idOf(ticket: BlobTicket): Uint8Array
  /** Waits until less than the sink's bound of unsent bytes is held; call it between files. @throws whatever the transport failed with. */
  whenReady(): Promise<void>
  /** Sends all that is left and waits until every pack is durable at the hub. Afterwards `locationOf` and `refset` are known. */
  finish(): Promise<void>
  /** Known for every ticket after `finish`. */
  locationOf(ticket: BlobTicket): BlobLocation
  /** Encoded refset of every ticket given out; after `finish`. */
  refset(): Uint8Array
  readonly ticketCount: number
  readonly statistics: SinkStatistics
}
