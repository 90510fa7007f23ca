import { parentPort, workerData } from 'node:worker_threads'
import { concatBytes } from '../bytes/index.ts'
import { EngineError, isEngineError, type EngineErrorCode } from '../errors/index.ts'
import type { SegmentPlace } from '../format/index.ts'
import type { DomainKeys } from '../reader/primitives.ts'
import type { OpenedSegment } from './blob-source.ts'
import { InlineOpener } from './opener.ts'

/** Main → worker; the bytes are transferred. */
export interface OpenOrder {
  readonly job: number
  readonly bytes: Uint8Array
  readonly places: readonly SegmentPlace[]
}
export interface OpenedReport {
  /** All blobs, one after the other; the memory is transferred. */
  readonly raw: Uint8Array
  readonly lengths: Uint32Array
  readonly dataIds: Uint8Array | null
}
/** Worker → main. */
export type OpenReport =
  | { readonly job: number; readonly segments: readonly OpenedReport[] }
  /** Errors lose their code on the way between threads: it goes by itself. */
  | { readonly job: number; readonly code: EngineErrorCode; readonly message: string }

const port = parentPort
if (port !== null) {
  const opener = new InlineOpener(workerData as DomainKeys, true)
  const carryOut = async ({ job, bytes, places }: OpenOrder): Promise<void> => {
    try {
      const segments = (await opener.openAll(bytes, places)).map(toReport)
      const transfer = segments.map(({ raw }) => raw.buffer as ArrayBuffer)
      port.postMessage({ job, segments } satisfies OpenReport, transfer)
    } catch (error) {
      const { code, message } = isEngineError(error)
        ? error
        : new EngineError('segment.authentication-failed', 'A segment could not be opened.', { cause: error })
      port.postMessage({ job, code, message } satisfies OpenReport)
    }
  }
  port.on('message', (order: OpenOrder) => void carryOut(order))
}

/** What does not have its memory for itself is copied: it cannot be given away. */
function toReport({ blobs, dataIds, memory }: OpenedSegment): OpenedReport {
  const lengths = Uint32Array.from(blobs, (blob) => blob.length)
  if (memory === null) return { raw: concatBytes(blobs), lengths, dataIds }
  const start = blobs[0]?.byteOffset ?? 0
  return { raw: memory.subarray(start, start + lengths.reduce((sum, length) => sum + length, 0)), lengths, dataIds }
}
