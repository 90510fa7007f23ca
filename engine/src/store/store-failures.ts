import { EngineError, invariant } from '../errors/index.ts'
import type { ByteRange } from './object-store.ts'

/** Failures every store tells alike. */
export function notFound(key: string): EngineError {
  return new EngineError('store.not-found', 'The store has no such object.', { context: { key } })
}

export function alreadyExists(key: string): EngineError {
  return new EngineError('store.exists', 'The store already has an object of this key; objects are never replaced.', { context: { key } })
}

export function endsTooEarly(key: string, range: ByteRange, sizeBytes: number): EngineError {
  return new EngineError(
    'store.io-error',
    'An object of the store ends before the range that was asked for. It may be damaged: verify the vault.',
    {
      context: { key, offset: range.offset, length: range.length, sizeBytes },
    },
  )
}

export function requireRange(range: ByteRange): void {
  const isGood = Number.isSafeInteger(range.offset) && range.offset >= 0 && Number.isSafeInteger(range.length) && range.length >= 0
  invariant(isGood, 'a range has an offset and a length of whole bytes')
}

/** @throws EngineError `cancelled` */
export function requireNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new EngineError('cancelled', 'Writing to the store was cancelled.', { cause: signal.reason })
}

/** The pieces of a `put`, whichever way they were given. */
export function piecesOf(source: Uint8Array | readonly Uint8Array[]): readonly Uint8Array[] {
  return source instanceof Uint8Array ? [source] : source
}
