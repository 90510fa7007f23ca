import { zstdFrame } from './zstd-frame.ts'

/** Below it, compressing costs hardly more than asking. */
const probeFromBytes = 128 * 1024
const places = 64
const placeBytes = 256
/** One is often no more than a header: two of 64 may save the 3 % for which compressing pays. */
const unevenPlacesToCompress = 2
/** Sum of the squares of how often each value occurs: of random bytes 511 ± 22, of text several thousand. */
const unevenFromSquares = 767
const matchProbeBytes = 8 * 1024
const matchMinSaving = 0.04

/**
 * Whether compressing would very likely save nothing.
 *
 * First 64 places from the first byte to the last: where two of them use some values much more than others, it is compressed; text and programs
 * are known after 1–2 µs, what is random all through after 20–30. Then zstd 1 on 8 KiB, for what only repeats: 20 µs more. Compressing 1 MiB
 * that cannot be compressed takes 0.3–1 ms at level 1 and 1–3 ms at level 9.
 *
 * Many places, because a segment is often mixed: a bundle of pictures and texts, a piece of a tar or of a disk image. zstd alone on 8 KiB at a
 * quarter, which is what this was, gave away, in percent of all bytes: of half random bytes, half text 50; of small pictures and
 * their neighbours 6; of files of /usr/share laid end to end 5; of .whl 1.6. Now that is 0, 0, 1 and 0.3. The price: of .gz one segment in 20,
 * of .whl one in 4, of bundles of small .woff2 one in 3 is compressed in vain; of random bytes, .xz and .deb hardly any. (2026-11-22, two busy
 * cores, CPU time of the thread, of segments of 128 KiB to 1 MiB; engine/bench/compression.ts measures it anew.)
 */
export function looksIncompressible(raw: Uint8Array): boolean {
  return raw.length >= probeFromBytes && isEvenThroughout(raw) && repeatsLittle(raw)
}

function isEvenThroughout(raw: Uint8Array): boolean {
  const step = (raw.length - placeBytes) / (places - 1)
  let uneven = 0
  for (let place = 0; place < places; place++)
    if (isUneven(raw, Math.floor(place * step)) && ++uneven === unevenPlacesToCompress) return false
  return true
}

/** Of the values of one place; used again for each. */
const counts = new Uint16Array(256)

function isUneven(raw: Uint8Array, start: number): boolean {
  counts.fill(0)
  let squares = 0
  for (let index = start; index < start + placeBytes; index++) {
    const value = raw[index] ?? 0
    const count = counts[value] ?? 0
    // (n + 1)² = n² + 2n + 1
    squares += 2 * count + 1
    counts[value] = count + 1
  }
  return squares >= unevenFromSquares
}

function repeatsLittle(raw: Uint8Array): boolean {
  const start = raw.length >>> 2
  const sample = raw.subarray(start, start + matchProbeBytes)
  return zstdFrame(sample, 1).length > sample.length * (1 - matchMinSaving)
}
