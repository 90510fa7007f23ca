import { pipeline, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { createDeflateRaw, deflateRaw, deflateRawSync } from 'node:zlib'
import { zipMethods, type ZipMethod } from './zip-records.ts'

/** Speed first: level 1 is three times as fast as 6 and packs text to some 10 % more. */
const level = 1
/** Below this the way to another thread and back costs more than the work. */
const onTheSpotBytes = 16 * 1024
/** Tried before a large file: pictures, films, archives and what is encrypted show within it. */
const probeBytes = 64 * 1024
/** Read ahead of the packing, in another thread. */
const readAheadBytes = 1024 * 1024

const deflate = promisify<Uint8Array, { level: number }, Buffer>(deflateRaw)

/** Content that is in memory whole; as it is where packing gains nothing. */
export async function packWhole(content: Uint8Array): Promise<{ readonly method: ZipMethod; readonly bytes: Uint8Array }> {
  const packed = content.length <= onTheSpotBytes ? deflateRawSync(content, { level }) : await deflate(content, { level })
  return packed.length < content.length ? { method: zipMethods.deflated, bytes: packed } : { method: zipMethods.stored, bytes: content }
}

/**
 * Deflates a stream. What does not get smaller goes through in stored blocks of deflate: programs that read a zip from its start find its
 * end, which they could not if it were stored plainly with its length after it.
 *
 * @param first the beginning, already read @param rest what follows
 */
export async function* packStream(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const probe = first.subarray(0, probeBytes)
  const isWorthIt = deflateRawSync(probe, { level }).length < probe.length * 0.95
  const packer = createDeflateRaw({ level: isWorthIt ? level : 0, chunkSize: 64 * 1024 })
  // What fails here fails the packer too, and is thrown by the loop.
  pipeline(Readable.from(joined(first, rest), { objectMode: false, highWaterMark: readAheadBytes }), packer, () => undefined)
  for await (const part of packer) yield part as Uint8Array
}

async function* joined(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  yield* rest
}
