import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { crc32 } from './crc32.ts'

const crcBytes = 4

/** The bytes, and behind them the crc32 of them (u32). */
export const withCrcTail = (bytes: Uint8Array): Uint8Array =>
  new ByteWriter(bytes.length + crcBytes).bytes(bytes).u32(crc32(bytes)).toBytes()

/** What stands before a crc32 that is right, as a view; null where it is wrong, or there is no room for one. */
export function beforeCrcTail(bytes: Uint8Array): Uint8Array | null {
  const end = bytes.length - crcBytes
  if (end < 0) return null
  const before = bytes.subarray(0, end)
  return crc32(before) === new ByteReader(bytes.subarray(end)).u32() ? before : null
}
