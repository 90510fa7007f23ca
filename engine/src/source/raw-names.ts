import { EngineError } from '../errors/index.ts'

const slash = 0x2f
const dot = 0x2e

/** The same bytes as a Buffer, which Node's file system calls ask for. No copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * One name in a folder and nothing else: what a snapshot says may be hostile, and this is the last gate before the system.
 * @throws EngineError `restore.unsafe-path`
 */
export function requireName(name: Uint8Array): void {
  const isDots = (name.length === 1 && name[0] === dot) || (name.length === 2 && name[0] === dot && name[1] === dot)
  if (name.length > 0 && !isDots && !name.includes(slash) && !name.includes(0)) return
  throw new EngineError(
    'restore.unsafe-path',
    'A name could lead out of its folder, so nothing was done with it. The snapshot may have been tampered with: verify the vault.',
  )
}
