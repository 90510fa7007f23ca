// BLAKE3's compression function with 128-bit vectors (blake3.as.ts).
import { blockBytes, iv0, iv1, iv2, iv3, key } from './blake3-layout.as'

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

/** See `hashFour`. */
export function hashFourInVectors(
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

/** See `compress`. */
export function compressInVectors(from: usize, block: usize, length: u32, counter: u32, flags: u32, into: usize): void {
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
