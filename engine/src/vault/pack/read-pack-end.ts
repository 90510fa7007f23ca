import { EngineError } from '../../errors/index.ts'
import { decodePackHeader, decodePackTrailer, packHeaderBytes, packTrailerBytes, type PackHeader } from '../../format/index.ts'
import type { ListedObject, ObjectStore } from '../../store/index.ts'
import { decodePackEnd, type CheckedPack } from './check-pack.ts'

/** Most footers with their trailer are smaller; a larger one costs another read. */
const firstTailBytes = 16 * 1024

/** @throws EngineError `pack.invalid`, `format.unsupported-version`, `store.*` */
export async function readPackHeader(store: ObjectStore, { key, sizeBytes }: ListedObject): Promise<PackHeader> {
  if (sizeBytes < packHeaderBytes + packTrailerBytes) throw new EngineError('pack.invalid', 'A pack is cut short.')
  return decodePackHeader(await store.get(key, { offset: 0, length: packHeaderBytes }))
}

/** Footer and trailer of a stored pack, checked; its segments are not read. @throws EngineError `pack.*`, `store.*` */
export async function readPackEnd(store: ObjectStore, { key, sizeBytes }: ListedObject, header: PackHeader): Promise<CheckedPack> {
  const last = (length: number): Promise<Uint8Array> => store.get(key, { offset: sizeBytes - length, length })
  const tail = await last(Math.min(firstTailBytes, sizeBytes))
  const endBytes = decodePackTrailer(tail.subarray(tail.length - packTrailerBytes), sizeBytes).footerBytes + packTrailerBytes
  return decodePackEnd(header, endBytes <= tail.length ? tail : await last(endBytes), sizeBytes)
}
