import type { Readable } from 'node:stream'
import { AppError } from '@holdfast/shared-types'

/**
 * All bytes of a request. Aborted requests reject with what ended them.
 * @throws AppError `request.too-large` as soon as there are more than `limitBytes`; the rest is not read.
 */
export async function readBounded(stream: Readable, limitBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let sizeBytes = 0
  for await (const part of stream as AsyncIterable<Uint8Array>) {
    sizeBytes += part.length
    if (sizeBytes > limitBytes) throw new AppError('request.too-large', { context: { limitBytes } })
    parts.push(part)
  }
  return Buffer.concat(parts, sizeBytes)
}
