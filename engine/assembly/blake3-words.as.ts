// BLAKE3's compression function word by word, for want of vectors (blake3.as.ts).
import { blockBytes, iv0, iv1, iv2, iv3, nextWords, state, valueBytes, words } from './blake3-layout.as'

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

/** See `compress`. */
export function compressInWords(from: usize, block: usize, length: u32, counter: u32, flags: u32, into: usize): void {
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
