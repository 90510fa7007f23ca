import type { BlobType } from '../format/blob-type.ts'
import type { BlobLocation, SegmentPlace } from '../format/location.ts'
import type { ReadRoom } from './read-room.ts'

export interface OpenedSegment extends SegmentPlace {
  /** In the order of the segment. Authenticated as this segment; their ids are checked by `verify`. */
  readonly blobs: readonly Uint8Array[]
  /** Of a data segment, where the source has computed them from the blobs already: their ids, n × 32 bytes. Compare with these instead of calling `verify`. */
  readonly dataIds: Uint8Array | null
  /** All the memory that the blobs lie in, where it is theirs alone: whoever has no more use for them gives it to `releaseBytes`. */
  readonly memory: Uint8Array | null
}

export interface SegmentToRead extends SegmentPlace {
  /** About how large it is once opened, where the caller knows: bounds what is fetched at once. A bundle's 256 KiB unless said. */
  readonly expectedBytes?: number
}

/** Where a restorer gets blobs: by place, so that it can plan reads pack by pack. */
export interface BlobSource {
  /** What who reads through it holds at once. */
  readonly room: ReadRoom
  /** Where blobs lie, in the order of `ids`; null = the vault (or this run's right to read) does not hold it. Any number of ids. */
  locate(ids: readonly Uint8Array[]): Promise<readonly (BlobLocation | null)[]>
  /** Reads and opens segments, in the order asked; fetches ahead. A segment that is damaged or missing is yielded as an error, the rest goes on. */
  segments(
    places: readonly SegmentToRead[],
    signal?: AbortSignal,
  ): AsyncIterable<OpenedSegment | { readonly place: SegmentPlace; readonly error: Error }>
  /** @throws EngineError `blob.id-mismatch` when the bytes are not those of the id. */
  verify(type: BlobType, id: Uint8Array, bytes: Uint8Array): void
  /** One verified blob, through a cache of opened segments: for tree pages and content lists. */
  read(type: BlobType, id: Uint8Array): Promise<Uint8Array>
}
