import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { createBLAKE3 } from 'hash-wasm'
import { expect, test } from 'vitest'
import { concatBytes } from '../bytes/index.ts'
import { blobTypes, maxRawSegmentBytes, type BlobType } from '../format/index.ts'
import { createBlobHasher } from './index.ts'

const idKey = Uint8Array.from({ length: 32 }, (_, index) => index * 7)
const types = Object.values(blobTypes)

/** The rule of docs/vault-format.md §6 with another implementation of BLAKE3: the C one that hash-wasm compiles. */
async function slowId(key: Uint8Array, type: BlobType, bytes: Uint8Array): Promise<Uint8Array> {
  const keyed = async (by: Uint8Array, message: Uint8Array) => (await createBLAKE3(256, by)).init().update(message).digest('binary')
  const label = concatBytes([new TextEncoder().encode('holdfast-1 blob'), Uint8Array.of(type)])
  return keyed(await keyed(key, label), bytes)
}
const noise = (length: number, seed = 1): Uint8Array => {
  let state = seed
  return Uint8Array.from({ length }, () => ((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24) & 0xff)
}

test('ids are those of BLAKE3 at every edge of blocks, chunks, vectors, levels of the tree and pieces', async () => {
  const hasher = createBlobHasher(idKey)
  const edges = [0, 64, 128, 1024, 2048, 3072, 4096, 5120, 6144, 7168, 8192, 9216, 16_384, 31 * 1024, 65_536, 66_560, 131_072, 1_048_576]
  const lengths = new Set(edges.flatMap((edge) => [edge - 1, edge, edge + 1]).filter((length) => length >= 0))
  for (const length of [...lengths, 3_333_333, maxRawSegmentBytes - 1, maxRawSegmentBytes])
    expect(hasher.idOf(blobTypes.data, noise(length)), String(length)).toEqual(await slowId(idKey, blobTypes.data, noise(length)))
})

test('of any bytes, types and keys, wherever they lie, and whatever was hashed before', async () => {
  const blob = fc.record({
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    type: fc.constantFrom(...types),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 3000, size: 'max' }),
      fc.nat(150_000).map((length) => noise(length, length + 1)),
    ),
    offset: fc.nat(70),
    isShared: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(blob, { minLength: 1, maxLength: 4 }), async (blobs) => {
      // All hashers of a thread share their memory: used in turn, none may find anything of another's.
      const hashers = blobs.map(({ key }) => createBlobHasher(key))
      for (const round of [0, 1]) {
        for (const [index, { key, type, bytes, offset, isShared }] of blobs.entries()) {
          const size = offset + bytes.length
          const placed = new Uint8Array(isShared ? new SharedArrayBuffer(size) : new ArrayBuffer(size)).subarray(offset)
          placed.set(bytes)
          expect(hashers[index]!.idOf(type, placed), `round ${round}`).toEqual(await slowId(key, type, bytes))
        }
      }
    }),
    { numRuns: 60 },
  )
})

// Only x86 has switches in V8 that hide its vectors.
test.runIf(process.arch === 'x64')('ids are the same on a processor without vectors', async () => {
  const lengths = [0, 1, 64, 1024, 1025, 3000, 4096, 7 * 1024, 65_537, 200_000]
  const script = `
    const { createBlobHasher } = await import(${JSON.stringify(new URL('index.ts', import.meta.url).href)})
    try { new WebAssembly.Module(Uint8Array.from([0,97,115,109,1,0,0,0,1,5,1,96,0,1,123,3,2,1,0,10,22,1,20,0,253,12,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,11])); throw 'vectors' }
    catch (error) { if (error === 'vectors') throw new Error('There are vectors.') }
    const hasher = createBlobHasher(Uint8Array.from(${JSON.stringify([...idKey])}))
    const ids = ${JSON.stringify(lengths)}.map((length) => Buffer.from(hasher.idOf(1, Uint8Array.from({ length }, (_, index) => index % 251))).toString('hex'))
    console.log(JSON.stringify(ids))`
  const flags = ['--no-enable-sse4-1', '--no-enable-ssse3', '-C', '@holdfast/source', '--input-type=module', '-e', script]
  const ids: unknown = JSON.parse(execFileSync(process.execPath, flags, { encoding: 'utf8' }))
  const hasher = createBlobHasher(idKey)
  const counted = (length: number) => Uint8Array.from({ length }, (_, index) => index % 251)
  expect(ids).toEqual(lengths.map((length) => Buffer.from(hasher.idOf(blobTypes.data, counted(length))).toString('hex')))
})

test('an id has memory of its own, is written where it is wanted, and is known again', () => {
  const hasher = createBlobHasher(idKey)
  const first = hasher.idOf(blobTypes.data, noise(10))
  const ids = new Uint8Array(96).fill(9)
  hasher.writeId(blobTypes.data, noise(11), ids, 32)
  expect(first).toEqual(hasher.idOf(blobTypes.data, noise(10)))
  expect(ids).toEqual(concatBytes([new Uint8Array(32).fill(9), hasher.idOf(blobTypes.data, noise(11)), new Uint8Array(32).fill(9)]))
  expect(hasher.isIdOf(blobTypes.data, noise(10), first)).toBe(true)
  expect(hasher.isIdOf(blobTypes.data, noise(11), first)).toBe(false)
  expect(hasher.isIdOf(blobTypes.treePage, noise(10), first)).toBe(false)
  expect(hasher.isIdOf(blobTypes.data, noise(10), first.subarray(0, 31))).toBe(false)
})

test('more than a segment may hold is refused, not hashed wrong', () => {
  expect(() => createBlobHasher(idKey).idOf(blobTypes.data, new Uint8Array(maxRawSegmentBytes + 1))).toThrow(
    expect.objectContaining({ code: 'invariant.broken' }),
  )
})
