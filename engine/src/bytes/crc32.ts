const polynomial = 0xedb8_8320

/** Slicing-by-8: table k advances a byte's contribution over k further zero bytes (Intel, 2005). */
const tables: readonly Uint32Array[] = makeTables()

function makeTables(): Uint32Array[] {
  const first = new Uint32Array(256)
  for (let value = 0; value < 256; value++) {
    let crc = value
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    first[value] = crc
  }
  const all = [first]
  for (let slice = 1; slice < 8; slice++) {
    const previous = all[slice - 1] as Uint32Array
    all.push(Uint32Array.from(previous, (crc) => (crc >>> 8) ^ (first[crc & 0xff] as number)))
  }
  return all
}

/**
 * CRC-32 as in zlib and gzip, for where `zlib.crc32` is missing (the browser). Node code uses `node:zlib`, which gives the same numbers.
 *
 * @param previous the result over the bytes before these, to go on.
 */
export function crc32(bytes: Uint8Array, previous = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ]
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const slicedEnd = bytes.length - (bytes.length % 8)
  let crc = ~previous >>> 0
  let at = 0
  for (; at < slicedEnd; at += 8) {
    const low = view.getUint32(at, true) ^ crc
    const high = view.getUint32(at + 4, true)
    crc =
      (t7[low & 0xff] as number) ^
      (t6[(low >>> 8) & 0xff] as number) ^
      (t5[(low >>> 16) & 0xff] as number) ^
      (t4[low >>> 24] as number) ^
      (t3[high & 0xff] as number) ^
      (t2[(high >>> 8) & 0xff] as number) ^
      (t1[(high >>> 16) & 0xff] as number) ^
      (t0[high >>> 24] as number)
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[at] as number)) & 0xff] as number)
  return ~crc >>> 0
}
