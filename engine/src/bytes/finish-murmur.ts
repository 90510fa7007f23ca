/** The 32-bit finaliser of MurmurHash3: every bit of the result hangs on every bit given. @returns an unsigned number */
export function finishMurmur(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
