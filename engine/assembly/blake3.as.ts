// AssemblyScript, compiled by build.mjs into src/blob-id/blake3-wasm.ts: BLAKE3 (https://github.com/BLAKE3-team/BLAKE3-specs), keyed mode,
// four chunks at a time with 128-bit vectors; and once more without vectors, for processors that have none that WebAssembly can use. Written after the paper, sections 2 and 5.3; tests compare with another implementation.
//
// Memory: the host writes the key to `key` and up to 64 KiB of input to `input`; chaining values of a blob's chunks gather at `values`.

/** 32 bytes. */
export const key: usize = 0
/** 32 bytes: the id. */
export const output: usize = 32
/** 64 bytes: a last block, filled with zeros. */
const padded: usize = 64
/** 32 bytes: the value of a level that has no pair. */
const odd: usize = 448
/** 64 KiB, and room for the lanes that have no chunk. */
export const input: usize = 1024
/** 32 bytes for each KiB of the blob. */
export const values: usize = 72 * 1024

const chunkBytes: usize = 1024
const blockBytes: usize = 64
const valueBytes: usize = 32

const chunkStart: u32 = 1
const chunkEnd: u32 = 2
const parent: u32 = 4
const root: u32 = 8
const keyedHash: u32 = 16

// The first words of SHA-256's and BLAKE2s' initialisation vector.
const iv0: u32 = 0x6a09e667
const iv1: u32 = 0xbb67ae85
const iv2: u32 = 0x3c6ef372
const iv3: u32 = 0xa54ff53a

function rotate16(x: v128): v128 {
  return v128.shuffle<u8>(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
}
function rotate12(x: v128): v128 {
  return v128.or(v128.shr<u32>(x, 12), v128.shl<u32>(x, 20))
}
function rotate8(x: v128): v128 {
  return v128.shuffle<u8>(x, x, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12)
}
function rotate7(x: v128): v128 {
  return v128.or(v128.shr<u32>(x, 7), v128.shl<u32>(x, 25))
}
function add3(a: v128, b: v128, c: v128): v128 {
  return v128.add<u32>(v128.add<u32>(a, b), c)
}
function low(a: v128, b: v128): v128 {
  return v128.shuffle<u32>(a, b, 0, 4, 1, 5)
}
function high(a: v128, b: v128): v128 {
  return v128.shuffle<u32>(a, b, 2, 6, 3, 7)
}
function lowPairs(a: v128, b: v128): v128 {
  return v128.shuffle<u64>(a, b, 0, 2)
}
function highPairs(a: v128, b: v128): v128 {
  return v128.shuffle<u64>(a, b, 1, 3)
}

function hashFourInVectors(
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
  let h0 = v128.splat<u32>(load<u32>(key, 0))
  let h1 = v128.splat<u32>(load<u32>(key, 4))
  let h2 = v128.splat<u32>(load<u32>(key, 8))
  let h3 = v128.splat<u32>(load<u32>(key, 12))
  let h4 = v128.splat<u32>(load<u32>(key, 16))
  let h5 = v128.splat<u32>(load<u32>(key, 20))
  let h6 = v128.splat<u32>(load<u32>(key, 24))
  let h7 = v128.splat<u32>(load<u32>(key, 28))
  const counters = v128.add<u32>(v128.splat<u32>(counter), v128.mul<u32>(v128.splat<u32>(step), i32x4(0, 1, 2, 3)))
  const zero = i32x4(0, 0, 0, 0)

  for (let block: u32 = 0; block < blocks; block++) {
    const at = start + block * blockBytes
    let flag = flags
    if (block == 0) flag |= firstFlag
    if (block == blocks - 1) flag |= lastFlag

    // Word i of all four inputs in one vector: four transpositions of 4 × 4 words.
    let a = v128.load(at)
    let b = v128.load(at + stride)
    let c = v128.load(at + 2 * stride)
    let d = v128.load(at + 3 * stride)
    let ab = low(a, b)
    let cd = low(c, d)
    let m0 = lowPairs(ab, cd)
    let m1 = highPairs(ab, cd)
    ab = high(a, b)
    cd = high(c, d)
    let m2 = lowPairs(ab, cd)
    let m3 = highPairs(ab, cd)
    a = v128.load(at, 16)
    b = v128.load(at + stride, 16)
    c = v128.load(at + 2 * stride, 16)
    d = v128.load(at + 3 * stride, 16)
    ab = low(a, b)
    cd = low(c, d)
    let m4 = lowPairs(ab, cd)
    let m5 = highPairs(ab, cd)
    ab = high(a, b)
    cd = high(c, d)
    let m6 = lowPairs(ab, cd)
    let m7 = highPairs(ab, cd)
    a = v128.load(at, 32)
    b = v128.load(at + stride, 32)
    c = v128.load(at + 2 * stride, 32)
    d = v128.load(at + 3 * stride, 32)
    ab = low(a, b)
    cd = low(c, d)
    let m8 = lowPairs(ab, cd)
    let m9 = highPairs(ab, cd)
    ab = high(a, b)
    cd = high(c, d)
    let m10 = lowPairs(ab, cd)
    let m11 = highPairs(ab, cd)
    a = v128.load(at, 48)
    b = v128.load(at + stride, 48)
    c = v128.load(at + 2 * stride, 48)
    d = v128.load(at + 3 * stride, 48)
    ab = low(a, b)
    cd = low(c, d)
    let m12 = lowPairs(ab, cd)
    let m13 = highPairs(ab, cd)
    ab = high(a, b)
    cd = high(c, d)
    let m14 = lowPairs(ab, cd)
    let m15 = highPairs(ab, cd)

    let v0 = h0
    let v1 = h1
    let v2 = h2
    let v3 = h3
    let v4 = h4
    let v5 = h5
    let v6 = h6
    let v7 = h7
    let v8 = v128.splat<u32>(iv0)
    let v9 = v128.splat<u32>(iv1)
    let v10 = v128.splat<u32>(iv2)
    let v11 = v128.splat<u32>(iv3)
    let v12 = counters
    let v13 = zero
    let v14 = v128.splat<u32>(<u32>blockBytes)
    let v15 = v128.splat<u32>(flag)

    // round: build.mjs writes it out seven times, with the words renamed by the message permutation. Moving them instead, in a loop,
    // is 13 % slower.
    // Columns.
    v0 = add3(v0, v4, m0)
    v1 = add3(v1, v5, m2)
    v2 = add3(v2, v6, m4)
    v3 = add3(v3, v7, m6)
    v12 = rotate16(v128.xor(v12, v0))
    v13 = rotate16(v128.xor(v13, v1))
    v14 = rotate16(v128.xor(v14, v2))
    v15 = rotate16(v128.xor(v15, v3))
    v8 = v128.add<u32>(v8, v12)
    v9 = v128.add<u32>(v9, v13)
    v10 = v128.add<u32>(v10, v14)
    v11 = v128.add<u32>(v11, v15)
    v4 = rotate12(v128.xor(v4, v8))
    v5 = rotate12(v128.xor(v5, v9))
    v6 = rotate12(v128.xor(v6, v10))
    v7 = rotate12(v128.xor(v7, v11))
    v0 = add3(v0, v4, m1)
    v1 = add3(v1, v5, m3)
    v2 = add3(v2, v6, m5)
    v3 = add3(v3, v7, m7)
    v12 = rotate8(v128.xor(v12, v0))
    v13 = rotate8(v128.xor(v13, v1))
    v14 = rotate8(v128.xor(v14, v2))
    v15 = rotate8(v128.xor(v15, v3))
    v8 = v128.add<u32>(v8, v12)
    v9 = v128.add<u32>(v9, v13)
    v10 = v128.add<u32>(v10, v14)
    v11 = v128.add<u32>(v11, v15)
    v4 = rotate7(v128.xor(v4, v8))
    v5 = rotate7(v128.xor(v5, v9))
    v6 = rotate7(v128.xor(v6, v10))
    v7 = rotate7(v128.xor(v7, v11))
    // Diagonals.
    v0 = add3(v0, v5, m8)
    v1 = add3(v1, v6, m10)
    v2 = add3(v2, v7, m12)
    v3 = add3(v3, v4, m14)
    v15 = rotate16(v128.xor(v15, v0))
    v12 = rotate16(v128.xor(v12, v1))
    v13 = rotate16(v128.xor(v13, v2))
    v14 = rotate16(v128.xor(v14, v3))
    v10 = v128.add<u32>(v10, v15)
    v11 = v128.add<u32>(v11, v12)
    v8 = v128.add<u32>(v8, v13)
    v9 = v128.add<u32>(v9, v14)
    v5 = rotate12(v128.xor(v5, v10))
    v6 = rotate12(v128.xor(v6, v11))
    v7 = rotate12(v128.xor(v7, v8))
    v4 = rotate12(v128.xor(v4, v9))
    v0 = add3(v0, v5, m9)
    v1 = add3(v1, v6, m11)
    v2 = add3(v2, v7, m13)
    v3 = add3(v3, v4, m15)
    v15 = rotate8(v128.xor(v15, v0))
    v12 = rotate8(v128.xor(v12, v1))
    v13 = rotate8(v128.xor(v13, v2))
    v14 = rotate8(v128.xor(v14, v3))
    v10 = v128.add<u32>(v10, v15)
    v11 = v128.add<u32>(v11, v12)
    v8 = v128.add<u32>(v8, v13)
    v9 = v128.add<u32>(v9, v14)
    v5 = rotate7(v128.xor(v5, v10))
    v6 = rotate7(v128.xor(v6, v11))
    v7 = rotate7(v128.xor(v7, v8))
    v4 = rotate7(v128.xor(v4, v9))
    // end of round

    h0 = v128.xor(v0, v8)
    h1 = v128.xor(v1, v9)
    h2 = v128.xor(v2, v10)
    h3 = v128.xor(v3, v11)
    h4 = v128.xor(v4, v12)
    h5 = v128.xor(v5, v13)
    h6 = v128.xor(v6, v14)
    h7 = v128.xor(v7, v15)
  }

  const a0 = low(h0, h1)
  const a1 = low(h2, h3)
  const a2 = high(h0, h1)
  const a3 = high(h2, h3)
  const b0 = low(h4, h5)
  const b1 = low(h6, h7)
  const b2 = high(h4, h5)
  const b3 = high(h6, h7)
  v128.store(into, lowPairs(a0, a1))
  v128.store(into, lowPairs(b0, b1), 16)
  v128.store(into, highPairs(a0, a1), 32)
  v128.store(into, highPairs(b0, b1), 48)
  v128.store(into, lowPairs(a2, a3), 64)
  v128.store(into, lowPairs(b2, b3), 80)
  v128.store(into, highPairs(a2, a3), 96)
  v128.store(into, highPairs(b2, b3), 112)
}

function compressInVectors(from: usize, block: usize, length: u32, counter: u32, flags: u32, into: usize): void {
  let a = v128.load(from)
  let b = v128.load(from, 16)
  let c = i32x4(iv0, iv1, iv2, iv3)
  let d = i32x4(counter, 0, length, flags)
  const w0 = v128.load(block)
  const w1 = v128.load(block, 16)
  const w2 = v128.load(block, 32)
  const w3 = v128.load(block, 48)
  // Words in the order in which the columns and the diagonals take them.
  let columns1 = v128.shuffle<u32>(w0, w1, 0, 2, 4, 6)
  let columns2 = v128.shuffle<u32>(w0, w1, 1, 3, 5, 7)
  let diagonals1 = v128.shuffle<u32>(w2, w3, 0, 2, 4, 6)
  let diagonals2 = v128.shuffle<u32>(w2, w3, 1, 3, 5, 7)

  for (let round = 0; ; round++) {
    a = add3(a, b, columns1)
    d = rotate16(v128.xor(d, a))
    c = v128.add<u32>(c, d)
    b = rotate12(v128.xor(b, c))
    a = add3(a, b, columns2)
    d = rotate8(v128.xor(d, a))
    c = v128.add<u32>(c, d)
    b = rotate7(v128.xor(b, c))
    b = v128.shuffle<u32>(b, b, 1, 2, 3, 0)
    c = v128.shuffle<u32>(c, c, 2, 3, 0, 1)
    d = v128.shuffle<u32>(d, d, 3, 0, 1, 2)
    a = add3(a, b, diagonals1)
    d = rotate16(v128.xor(d, a))
    c = v128.add<u32>(c, d)
    b = rotate12(v128.xor(b, c))
    a = add3(a, b, diagonals2)
    d = rotate8(v128.xor(d, a))
    c = v128.add<u32>(c, d)
    b = rotate7(v128.xor(b, c))
    b = v128.shuffle<u32>(b, b, 3, 0, 1, 2)
    c = v128.shuffle<u32>(c, c, 2, 3, 0, 1)
    d = v128.shuffle<u32>(d, d, 1, 2, 3, 0)
    if (round == 6) break
    // The message permutation, on words in this order.
    const next1 = v128.shuffle<u32>(columns1, columns2, 1, 5, 7, 2)
    const next2 = v128.shuffle<u32>(v128.shuffle<u32>(columns1, diagonals1, 3, 5, 0, 0), diagonals2, 0, 1, 2, 6)
    const next3 = v128.shuffle<u32>(v128.shuffle<u32>(columns2, diagonals1, 0, 6, 0, 0), diagonals2, 0, 1, 4, 7)
    diagonals2 = v128.shuffle<u32>(v128.shuffle<u32>(diagonals2, columns2, 1, 6, 0, 0), diagonals1, 0, 1, 7, 4)
    columns1 = next1
    columns2 = next2
    diagonals1 = next3
  }
  v128.store(into, v128.xor(a, c))
  v128.store(into, v128.xor(b, d), 16)
}

/** 64 bytes of state, then 64 of words, then as many of words in their next order: for want of vectors. */
const state: usize = 128
const words: usize = 192
const nextWords: usize = 256
/** 128 bytes: four values. */
const lanes: usize = 320

// @ts-ignore: an array that lives in the data section
const permutation = memory.data<u8>([2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8])

function mix(a: usize, b: usize, c: usize, d: usize, word: usize): void {
  let va = load<u32>(state + 4 * a) + load<u32>(state + 4 * b) + load<u32>(words + 4 * word)
  let vd = rotr<u32>(load<u32>(state + 4 * d) ^ va, 16)
  let vc = load<u32>(state + 4 * c) + vd
  let vb = rotr<u32>(load<u32>(state + 4 * b) ^ vc, 12)
  va += vb + load<u32>(words + 4 * word, 4)
  vd = rotr<u32>(vd ^ va, 8)
  vc += vd
  vb = rotr<u32>(vb ^ vc, 7)
  store<u32>(state + 4 * a, va)
  store<u32>(state + 4 * b, vb)
  store<u32>(state + 4 * c, vc)
  store<u32>(state + 4 * d, vd)
}

function compressInWords(from: usize, block: usize, length: u32, counter: u32, flags: u32, into: usize): void {
  memory.copy(state, from, valueBytes)
  store<u32>(state, iv0, 32)
  store<u32>(state, iv1, 36)
  store<u32>(state, iv2, 40)
  store<u32>(state, iv3, 44)
  store<u32>(state, counter, 48)
  store<u32>(state, 0, 52)
  store<u32>(state, length, 56)
  store<u32>(state, flags, 60)
  memory.copy(words, block, blockBytes)
  for (let round = 0; ; round++) {
    mix(0, 4, 8, 12, 0)
    mix(1, 5, 9, 13, 2)
    mix(2, 6, 10, 14, 4)
    mix(3, 7, 11, 15, 6)
    mix(0, 5, 10, 15, 8)
    mix(1, 6, 11, 12, 10)
    mix(2, 7, 8, 13, 12)
    mix(3, 4, 9, 14, 14)
    if (round == 6) break
    for (let word: usize = 0; word < 16; word++)
      store<u32>(nextWords + 4 * word, load<u32>(words + 4 * <usize>load<u8>(permutation + word)))
    memory.copy(words, nextWords, blockBytes)
  }
  for (let word: usize = 0; word < 8; word++) store<u32>(into + 4 * word, load<u32>(state + 4 * word) ^ load<u32>(state + 4 * word, 32))
}

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
