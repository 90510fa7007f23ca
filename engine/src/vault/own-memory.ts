import { releaseBytes } from '../bytes/index.ts'

/**
 * The memory that bytes lie in, where Node has made it for them and what lies beside them: a result of its ciphers and of zlib. Whoever needs none of it
 * any more gives it to `releaseBytes`.
 *
 * @returns null for a slice of Node's pool, which others have slices of too
 */
export const ownMemoryOf = ({ buffer }: Uint8Array): Uint8Array | null =>
  buffer.byteLength <= Buffer.poolSize ? null : new Uint8Array(buffer)

/** Gives it back at once, where there is some: the bytes, and what lies beside them, are empty afterwards. */
export function releaseMemoryOf(bytes: Uint8Array): void {
  const memory = ownMemoryOf(bytes)
  if (memory !== null) releaseBytes(memory)
}
