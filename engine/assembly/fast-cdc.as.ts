// AssemblyScript, compiled by build.mjs into src/chunker/fast-cdc-wasm.ts. The rule it follows is written in src/chunker/chunker.ts.
//
// Memory: the gear table (256 × u64, little-endian) at address 0, filled by the host; bytes to cut above it.

/** Mixes the byte at `address + ahead` into the hash: the table starts at address 0, so byte × 8 is its entry's address. */
function roll(hash: u64, address: usize, ahead: usize): u64 {
  return (hash << 1) + load<u64>((<usize>load<u8>(address + ahead)) << 3)
}

/** The hash where the last scan ended without a cut, for the scan that goes on from there. */
let hashAtEnd: u64 = 0

/** Address behind the first byte of [address, end) after which the hash is below `limit`; 0 if there is none. */
function scan(address: usize, end: usize, hash: u64, limit: u64): usize {
  // Eight single steps a round: measured 2.2 GB/s against 1.8 rolled up, and 1.5–1.8 for wider loads or joined tests.
  for (; address + 8 <= end; address += 8) {
    hash = roll(hash, address, 0)
    if (hash < limit) return address + 1
    hash = roll(hash, address, 1)
    if (hash < limit) return address + 2
    hash = roll(hash, address, 2)
    if (hash < limit) return address + 3
    hash = roll(hash, address, 3)
    if (hash < limit) return address + 4
    hash = roll(hash, address, 4)
    if (hash < limit) return address + 5
    hash = roll(hash, address, 5)
    if (hash < limit) return address + 6
    hash = roll(hash, address, 6)
    if (hash < limit) return address + 7
    hash = roll(hash, address, 7)
    if (hash < limit) return address + 8
  }
  for (; address < end; address++) {
    hash = roll(hash, address, 0)
    if (hash < limit) return address + 1
  }
  hashAtEnd = hash
  return 0
}

/** Set once by the host before the first cut; "strict" and "loose" are hashes below which a cut lies. */
export let minBytes: u32 = 0
export let normalBytes: u32 = 0
export let maxBytes: u32 = 0
export let strictLimit: u64 = 0
export let looseLimit: u64 = 0

/** Length of the chunk that starts at `start`, or 0 if no cut lies in the `available` bytes and they are fewer than `maxBytes`. */
export function findCut(start: usize, available: usize): usize {
  if (available <= minBytes) return 0
  const middle = start + (available < normalBytes ? available : normalBytes)
  const end = start + (available < maxBytes ? available : maxBytes)
  let cut = scan(start + minBytes, middle, 0, strictLimit)
  if (cut == 0) cut = scan(middle, end, hashAtEnd, looseLimit)
  if (cut != 0) return cut - start
  return available >= maxBytes ? maxBytes : 0
}
