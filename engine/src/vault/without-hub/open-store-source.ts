import type { DomainKeys } from '../../reader/index.ts'
import type { Opener } from '../opener.ts'
import type { ReadRoom } from '../read-room.ts'
import { RemoteSource } from '../remote-source.ts'
import { StoredBlobs, type StoredBlobsOptions } from './stored-blobs.ts'

export interface StoreSourceOptions extends StoredBlobsOptions {
  readonly keys: DomainKeys
  /** Closed with the source, and where this fails. */
  readonly opener: Opener
  readonly room: ReadRoom
}

export interface StoreSource {
  readonly source: RemoteSource
  /** Closes the source too. */
  close(): Promise<void>
}

/**
 * Reads one snapshot from the store of its vault alone, with nobody between. Nothing is written to the store.
 *
 * @throws EngineError `store.*`, or the signal's reason. What is damaged is told to `onDamage`, and the rest is readable.
 */
export async function openStoreSource({ opener, room, ...options }: StoreSourceOptions): Promise<StoreSource> {
  let blobs: StoredBlobs
  try {
    blobs = await StoredBlobs.open(options)
  } catch (error) {
    await opener.close()
    throw error
  }
  const source = new RemoteSource(options.keys, blobs, opener, room)
  return {
    source,
    async close() {
      await source.close()
      await blobs.close()
    },
  }
}
