import { createCipheriv } from 'node:crypto'

export interface Bytes {
  /** The next ones, at most 16 MiB at a time; theirs is a memory of its own. */
  next(length?: number): Buffer
}

const mebibyte = 2 ** 20
const longest = 16 * mebibyte

/** AES-CTR over zeros: incompressible, quick, and the same for the same seed. */
export function randomBytes(seed = 1): Bytes {
  const key = Buffer.alloc(32, seed & 0xff)
  key.writeUInt32LE(seed >>> 0)
  // Seeds below 256 give what they always gave: a key of that byte alone.
  const cipher = createCipheriv('aes-256-ctr', seed < 256 ? Buffer.alloc(32, seed) : key, Buffer.alloc(16))
  const zeros = Buffer.alloc(longest)
  return { next: (length = mebibyte) => cipher.update(zeros.subarray(0, length)) }
}
