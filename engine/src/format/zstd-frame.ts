import { toHex } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'

const magic = 0xfd2f_b528
const blockHeaderBytes = 3
const blockTypes = { raw: 0, rle: 1, compressed: 2 } as const
/** As Node's own decoder has it. */
const mostWindowBytes = 128 * 1024 * 1024
const mostBlockBytes = 128 * 1024
const contentSizeBytes = [0, 2, 4, 8] as const
const leastTwoByteSize = 256
const windowLogBase = 10
const frameOfNothing = '28b52ffd2000010000'

/**
 * Refuses what is not exactly one zstd frame without a dictionary (RFC 8878 §3.1.1): decoders differ in what they make of more frames, of
 * frames to be skipped, of bytes behind the last, and of windows and blocks that are larger than they may be. What is in its blocks is for
 * the decoder to refuse. Of nothing there is one frame.
 *
 * @param size what it is to unpack to
 * @throws EngineError `pack.invalid`
 */
export function requireOneZstdFrame(bytes: Uint8Array, size: number): void {
  const isOne = size === 0 ? bytes.length === 9 && toHex(bytes) === frameOfNothing : endOfFrame(bytes, size) === bytes.length
  if (!isOne) throw new EngineError('pack.invalid', 'Compressed bytes are not one whole zstd frame.')
}

/** Beyond the bytes, or NaN, where they are no frame or end within it. */
function endOfFrame(bytes: Uint8Array, size: number): number {
  const head = readHead(bytes)
  if (head === null || (head.contentBytes !== null && head.contentBytes !== size) || head.windowBytes > mostWindowBytes) return Number.NaN
  const blockBytes = Math.min(head.windowBytes, mostBlockBytes)
  let { at } = head
  for (let isLast = false; !isLast;) {
    if (at + blockHeaderBytes > bytes.length) return Number.NaN
    const header = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)
    isLast = (header & 1) !== 0
    const type = (header >>> 1) & 3
    const length = header >>> 3
    if (type > blockTypes.compressed || length > blockBytes || (type === blockTypes.compressed && length === 0)) return Number.NaN
    at += blockHeaderBytes + (type === blockTypes.rle ? 1 : length)
  }
  return at + (head.hasChecksum ? 4 : 0)
}

interface FrameHead {
  /** Null where it does not say. */
  readonly contentBytes: number | null
  readonly windowBytes: number
  readonly hasChecksum: boolean
  /** Where its blocks begin. */
  readonly at: number
}

/** Null for what begins like no frame, or like one with a dictionary or a reserved bit. */
function readHead(bytes: Uint8Array): FrameHead | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 6 || view.getUint32(0, true) !== magic) return null
  const descriptor = bytes[4]!
  const hasReservedBit = (descriptor & 8) !== 0
  const hasDictionary = (descriptor & 3) !== 0
  if (hasReservedBit || hasDictionary) return null
  const isSingleSegment = (descriptor & 32) !== 0
  const sizeFlag = descriptor >>> 6
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : contentSizeBytes[sizeFlag]!
  const sizeAt = isSingleSegment ? 5 : 6
  if (bytes.length < sizeAt + sizeBytes) return null
  const contentBytes = sizeBytes === 0 ? null : contentSizeOf(view, sizeAt, sizeBytes)
  // A single segment is its own window.
  const windowBytes = isSingleSegment ? contentBytes! : windowOf(bytes[5]!)
  return { contentBytes, windowBytes, hasChecksum: (descriptor & 4) !== 0, at: sizeAt + sizeBytes }
}

function contentSizeOf(view: DataView, at: number, length: 1 | 2 | 4 | 8): number {
  if (length === 1) return view.getUint8(at)
  if (length === 2) return view.getUint16(at, true) + leastTwoByteSize
  return length === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true))
}

function windowOf(descriptor: number): number {
  const base = 2 ** ((descriptor >>> 3) + windowLogBase)
  return base + (base / 8) * (descriptor & 7)
}
