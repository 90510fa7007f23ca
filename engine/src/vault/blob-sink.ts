import type { BlobType } from '../format/blob-type.ts'
import type { BlobLocation } from '../format/location.ts'

/** Number of a blob within one session; tickets count up from 0 and equal blobs share one. */
export type BlobTicket = number

/** How many pieces of content a session took before this one: counts up from 0, also for equal ones. */
export type ContentNumber = number

/** What says where a blob lies: its pack by its number in `packIds`, its segment there, its place in that. */
export type PlaceField = 'pack' | 'ordinal' | 'position'

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
 *
 * There are two ways in. What describes (tree pages, lists, attributes) is added and has its id at once, on the calling thread. Content
 * is read straight into memory that the sink shares with its threads, and is identified there, some time later, in the order it came.
 */
export interface BlobSink {
  /** Takes a blob; the bytes are hashed and copied before it returns, so the caller may reuse the buffer. */
  add(type: BlobType, bytes: Uint8Array): BlobTicket
  /** Takes a blob that a usable base snapshot is known to hold: nothing is read or sent. */
  adopt(id: Uint8Array, location: BlobLocation): BlobTicket

  /**
   * Room for the next piece of content, to be filled from its start and taken by {@link push}; asking again gives the first up.
   * @param bytes 1 … 4 MiB.
   * @returns shared memory of that length; null while all of it is in use: await {@link whenRoom} and ask again.
   */
  room(bytes: number): Uint8Array | null
  /** @throws whatever the session failed with. */
  whenRoom(): Promise<void>
  /** Takes the first `length` bytes of the room given last as one data blob. Its ticket is known once {@link identified} is above its number. */
  push(length: number): ContentNumber
  /** So many pieces of content, counted from the first, have their tickets. */
  readonly identified: number
  /** Waits until all content taken so far is identified. @throws whatever the session failed with. */
  identifyAll(): Promise<void>
  /**
   * Content is asked for in ascending order: what comes before is let go of.
   * @throws EngineError `invariant.broken` before it is identified, and for what was let go of.
   */
  ticketOf(content: ContentNumber): BlobTicket

  /** 32 bytes, with memory of their own. */
  idOf(ticket: BlobTicket): Uint8Array
  /** Waits until less than the sink's bound of unsent bytes is held; call it between files, and every now and then where none has content. @throws whatever the transport failed with. */
  whenReady(): Promise<void>
  /** Sends all that is left and waits until every pack is durable at the hub. Afterwards `locationOf` and `refset` are known. */
  finish(): Promise<void>
  /** Known for every ticket after `finish`. */
  locationOf(ticket: BlobTicket): BlobLocation
  /** Packs that hold its blobs, by number; after `finish`. */
  readonly packIds: readonly Uint8Array[]
  /** One field of the places of this ticket and of some that follow, as many as are at hand; after `finish`. */
  places(field: PlaceField, from: BlobTicket): Uint32Array
  /** Encoded refset of every ticket given out; after `finish`. */
  refset(): Uint8Array
  readonly ticketCount: number
  readonly statistics: SinkStatistics
}
