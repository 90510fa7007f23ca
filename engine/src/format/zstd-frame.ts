import { toHex } from '../bytes/index.ts'
import { EngineError } from '../errors/index.ts'

const magic = 0xfd2f_b528
const blockHeaderBytes = 3
const blockTypes = { raw: 0, rle: 1, compressed: 2 } as const
/** As Node's own decoder: 128 MiB. */
const maxWindowLog = 27
const contentSizeBytes = [0, 2, 4, 8] as const
const windowLogBase = 10
const frameOfNothing = '28b52ffd2000010000'

/**
 * Refuses what is not exactly one zstd frame without a dictionary (RFC 8878 §3.1.1): decoders differ in what they make of more frames, of
 * frames to be skipped, and of bytes behind the last. What is in its blocks is for the decoder to refuse. Of nothing there is one frame.
 *
 * @param size what it is to unpack to
 * @throws EngineError `pack.invalid`
 */
export function requireOneZstdFrame(bytes: Uint8Array, size: number): void {
  const isOne = size === 0 ? bytes.length === 9 && toHex(bytes) === frameOfNothing : endOfFrame(bytes) === bytes.length
  if (!isOne) throw new EngineError('pack.invalid', 'Compressed bytes are not one whole zstd frame.')
}

/** Beyond the bytes, or NaN, where they are no frame or end within it. */
function endOfFrame(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 6 || view.getUint32(0, true) !== magic) return Number.NaN
  const descriptor = bytes[4]!
  const hasReservedBit = (descriptor & 8) !== 0
  const hasDictionary = (descriptor & 3) !== 0
  if (hasReservedBit || hasDictionary) return Number.NaN
  const isSingleSegment = (descriptor & 32) !== 0
  if (!isSingleSegment && (bytes[5]! >>> 3) + windowLogBase > maxWindowLog) return Number.NaN
  const sizeFlag = descriptor >>> 6
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : contentSizeBytes[sizeFlag]!
  let at = 5 + (isSingleSegment ? 0 : 1) + sizeBytes
  for (let isLast = false; !isLast;) {
    if (at + blockHeaderBytes > bytes.length) return Number.NaN
    const header = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)
    isLast = (header & 1) !== 0
    const type = (header >>> 1) & 3
    if (type > blockTypes.compressed) return Number.NaN
    at += blockHeaderBytes + (type === blockTypes.rle ? 1 : header >>> 3)
  }
  const hasChecksum = (descriptor & 4) !== 0
  return at + (hasChecksum ? 4 : 0)
}
