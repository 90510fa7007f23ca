import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { AppError } from '@holdfast/shared-types'

/** The body of a request; what its headers say of its length is asked first. */
export type Upload = Readable & { readonly headers?: IncomingHttpHeaders }

/**
 * Refuses a body by its announced length, while its sender can still be answered: one that turns out too long later can only be cut off.
 * @throws AppError `request.too-large`
 */
export function requireAnnounced(body: Upload, limitBytes: number): void {
  if ((announcedBytes(body) ?? 0) > limitBytes) throw tooLarge(limitBytes)
}

/** What the headers say of the length; null when they say nothing. */
export function announcedBytes({ headers }: Upload): number | null {
  const announced = headers?.['content-length']
  return announced === undefined ? null : Number(announced)
}

const tooLarge = (limitBytes: number): AppError =>
  new AppError('request.too-large', { message: `This call takes at most ${limitBytes} bytes.`, context: { limitBytes } })

/**
 * All bytes of a request. Aborted requests reject with what ended them.
 * @throws AppError `request.too-large` as soon as there are more than `limitBytes`; the rest is not read.
 */
export async function readBounded(stream: Upload, limitBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  await takeBounded(stream, limitBytes, (part) => parts.push(part))
  return Buffer.concat(parts)
}

/** The same for who takes each part as it comes. */
export async function takeBounded(
  stream: Upload,
  limitBytes: number,
  take: (part: Uint8Array, sizeBytes: number) => unknown,
): Promise<void> {
  requireAnnounced(stream, limitBytes)
  let sizeBytes = 0
  for await (const part of stream as AsyncIterable<Uint8Array>) {
    sizeBytes += part.length
    if (sizeBytes > limitBytes) throw tooLarge(limitBytes)
    take(part, sizeBytes)
  }
}
