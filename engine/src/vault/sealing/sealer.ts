import type { Bundle } from '../pack/pack-builder.ts'

export interface SealedPlace {
  readonly packId: Uint8Array
  readonly ordinal: number
}

/** Pieces of content that lie one after the other. */
export interface ContentRun {
  /** May be shared memory: nobody writes it until they are identified. */
  readonly bytes: Uint8Array
  readonly lengths: Uint32Array
}

/** The work that is worth a thread: gives blobs their ids, and turns bundles into segments of packs. */
export interface Sealer {
  /** Ids of data blobs, 32 bytes each, in order. */
  identify(content: ContentRun): Promise<Uint8Array>
  /** Resolves when the bundles have their places; their packs may still be open. Takes ownership of bytes that are not shared memory. */
  seal(bundles: readonly Bundle[]): Promise<readonly SealedPlace[]>
  /** Finishes all open packs and hands them out. */
  flush(): Promise<void>
  /** Frees threads and memory, whatever state it is in. */
  close(): Promise<void>
}
