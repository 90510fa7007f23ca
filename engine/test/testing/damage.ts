import { checkPack } from '../../src/vault/index.ts'
import { packHeaderBytes, packPrefix, packTrailerBytes, segmentHeaderBytes } from '../../src/format/index.ts'
import type { ObjectStore } from '../../src/store/index.ts'

export const keysUnder = async (store: ObjectStore, prefix: string): Promise<string[]> => {
  const keys: string[] = []
  for await (const { key } of store.list(prefix)) keys.push(key)
  return keys
}

export async function replaceObject(store: ObjectStore, key: string, bytes: Uint8Array | null): Promise<void> {
  await store.delete(key)
  if (bytes !== null) await store.put(key, bytes)
}

/** Where something begins or ends in an object: every field of the format has a byte next to one of these. */
function boundariesOf(key: string, bytes: Uint8Array): number[] {
  const ends = [0, 64, 128, bytes.length - 64, bytes.length]
  if (!key.startsWith(packPrefix)) return ends
  const { segments, trailer } = checkPack(bytes)
  const inside = segments.flatMap(({ offset, length }) => [offset, offset + segmentHeaderBytes, offset + length - 16, offset + length])
  return [...ends, packHeaderBytes, trailer.footerOffset, bytes.length - packTrailerBytes, ...inside]
}

const valid = (positions: readonly number[], limit: number): number[] =>
  [...new Set(positions.map(Math.floor))].filter((at) => at >= 0 && at < limit).toSorted((left, right) => left - right)

/** Bytes of every class: all of the first and last ones, those around every boundary, and some in between. @param step 1 = all of them. */
export function bytePositions(key: string, bytes: Uint8Array, step: number): number[] {
  const edges = Array.from({ length: 96 }, (_, at) => [at, bytes.length - 1 - at]).flat()
  const around = boundariesOf(key, bytes).flatMap((at) => [at - 1, at, at + 1])
  const between = Array.from({ length: 40 }, (_, n) => (bytes.length * n) / 40)
  return valid([...edges, ...around, ...between], bytes.length).filter((_, index) => index % step === 0)
}

/** Lengths of every class: nothing, a byte, cut at and around every boundary, a byte short. @param step 1 = all of them. */
export function cutLengths(key: string, bytes: Uint8Array, step: number): number[] {
  const around = boundariesOf(key, bytes).flatMap((at) => [at - 1, at, at + 1])
  const all = valid([0, 1, 7, 8, ...around, bytes.length / 2, bytes.length - 1], bytes.length)
  return all.filter((length, index) => index % step === 0 || length >= bytes.length - 1 || length === 0)
}
