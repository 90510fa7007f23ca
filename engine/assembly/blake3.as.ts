// AssemblyScript, compiled by build.mjs into src/blob-id/blake3-wasm.ts: BLAKE3 (https://github.com/BLAKE3-team/BLAKE3-specs), keyed mode,
// four chunks at a time with 128-bit vectors; and once more without vectors, for processors that have none that WebAssembly can use. Written after the paper, sections 2 and 5.3; tests compare with another implementation.
//
// Memory: the host writes the key to `key` and up to 64 KiB of input to `input`; chaining values of a blob's chunks gather at `values`.

import { blockBytes, chunkBytes, input, key, lanes, odd, output, padded, valueBytes, values } from './blake3-layout.as'
import { compressInVectors, hashFourInVectors } from './blake3-vectors.as'
import { compressInWords } from './blake3-words.as'

export { input, key, output, values } from './blake3-layout.as'

const chunkStart: u32 = 1
const chunkEnd: u32 = 2
const parent: u32 = 4
const root: u32 = 8
const keyedHash: u32 = 16

/** One block into a chaining value: both 32 bytes, `from` and `into` may be the same. */
function compress(from: usize, block: usize, length: u32, counter: u32, flags: u32, into: usize): void {
  if (ASC_FEATURE_SIMD) compressInVectors(from, block, length, counter, flags, into)
  else compressInWords(from, block, length, counter, flags, into)
}

/**
 * Chaining values of four inputs of `blocks` whole blocks, which lie `stride` bytes apart from `start`; the first one's counter
 * is `counter`, and each has `step` more than the one before. They are written to `into`, one after the other.
 */
function hashFour(
  start: usize,
  stride: usize,
  blocks: u32,
  counter: u32,
  step: u32,
  flags: u32,
  firstFlag: u32,
  lastFlag: u32,
  into: usize,
): void {
  if (ASC_FEATURE_SIMD) return hashFourInVectors(start, stride, blocks, counter, step, flags, firstFlag, lastFlag, into)
  // All are hashed before any is written: what they are made of may lie where they go.
  for (let lane: u32 = 0; lane < 4; lane++) {
    let from = key
    for (let block: u32 = 0; block < blocks; block++) {
      const own = flags | (block == 0 ? firstFlag : 0) | (block == blocks - 1 ? lastFlag : 0)
      compress(from, start + lane * stride + block * blockBytes, <u32>blockBytes, counter + lane * step, own, lanes + lane * valueBytes)
      from = lanes + lane * valueBytes
    }
  }
  memory.copy(into, lanes, 4 * valueBytes)
}

/** One chunk of at most 1 KiB. */
function hashChunk(start: usize, bytes: usize, counter: u32, rootFlag: u32, into: usize): void {
  let from = key
  let flags = keyedHash | chunkStart
  let at = start
  let left = bytes
  for (; left > blockBytes; left -= blockBytes) {
    compress(from, at, <u32>blockBytes, counter, flags, into)
    from = into
    flags = keyedHash
    at += blockBytes
  }
  if (left < blockBytes) {
    memory.fill(padded, 0, blockBytes)
    memory.copy(padded, at, left)
    at = padded
  }
  compress(from, at, <u32>left, counter, flags | chunkEnd | rootFlag, into)
}

/** Two values each become one, level by level; the odd one of a level is the next level's last. */
function mergeValues(count: u32): void {
  while (count > 2) {
    const pairs = count >> 1
    memory.copy(odd, values + (count - 1) * valueBytes, valueBytes)
    // In place: four pairs are read before their values are written, and nothing is written behind what is still to be read.
    for (let pair: u32 = 0; pair < pairs; pair += 4)
      hashFour(values + 2 * pair * valueBytes, 2 * valueBytes, 1, 0, 0, keyedHash | parent, 0, 0, values + pair * valueBytes)
    if (count & 1) memory.copy(values + pairs * valueBytes, odd, valueBytes)
    count = pairs + (count & 1)
  }
  compress(key, values, <u32>blockBytes, 0, keyedHash | parent | root, output)
}

/**
 * Takes the next bytes of a blob from `input`: whole KiB, unless they are the last. `chunksBefore` KiB have been taken before.
 * With the last ones, the id is at `output`.
 */
export function take(bytes: usize, chunksBefore: u32, isLast: bool): void {
  if (isLast && chunksBefore == 0 && bytes <= chunkBytes) return hashChunk(input, bytes, 0, root, output)
  const whole = <u32>(bytes / chunkBytes)
  let chunk: u32 = 0
  for (; chunk + 1 < whole; chunk += 4) {
    // Up to two lanes may be of no chunk: what they give is written over, or behind the last value.
    const start = input + chunk * chunkBytes
    const into = values + (chunksBefore + chunk) * valueBytes
    hashFour(start, chunkBytes, <u32>(chunkBytes / blockBytes), chunksBefore + chunk, 1, keyedHash, chunkStart, chunkEnd, into)
  }
  if (chunk < whole) {
    chunk = whole - 1
    hashChunk(input + chunk * chunkBytes, chunkBytes, chunksBefore + chunk, 0, values + (chunksBefore + chunk) * valueBytes)
  }
  if (!isLast) return
  const rest = bytes % chunkBytes
  if (rest > 0) hashChunk(input + whole * chunkBytes, rest, chunksBefore + whole, 0, values + (chunksBefore + whole) * valueBytes)
  mergeValues(chunksBefore + whole + (rest > 0 ? 1 : 0))
}
