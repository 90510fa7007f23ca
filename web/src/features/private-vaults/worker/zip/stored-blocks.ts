/** The most that one block says. */
const blockBytes = 0xffff

/**
 * Bytes as deflate has them where it packs nothing (RFC 1951 §3.2.4). Programs that read a zip from its start find the end of such content
 * by itself, which they could not if it were stored plainly with its length after it.
 */
export function* storedBlocks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = bytes.subarray(at, at + blockBytes)
    yield Uint8Array.of(0, ...twoBytes(block.length), ...twoBytes(~block.length & 0xffff))
    yield block
  }
}

const twoBytes = (value: number): readonly [number, number] => [value & 0xff, value >>> 8]

/** An empty last block. */
export const storedBlocksEnd: Uint8Array = Uint8Array.of(1, 0, 0, 0xff, 0xff)
