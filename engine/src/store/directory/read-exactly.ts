import type { FileHandle } from 'node:fs/promises'
import type { ByteRange } from '../object-store.ts'
import { endsTooEarly } from '../store-failures.ts'

/** @throws EngineError `store.io-error` if the file ends before the range does. */
export async function readExactly(handle: FileHandle, key: string, range: ByteRange): Promise<Uint8Array> {
  // Not from Node's shared pool, and not a Buffer, whose slice() would share memory where a Uint8Array's copies. Nor zeroed: all of it is written below.
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(range.length).buffer)
  let filled = 0
  while (filled < range.length) {
    const { bytesRead } = await handle.read(bytes, filled, range.length - filled, range.offset + filled)
    if (bytesRead === 0) throw endsTooEarly(key, range, range.offset + filled)
    filled += bytesRead
  }
  return bytes
}
