import { parentPort, workerData } from 'node:worker_threads'
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
/** Worker → main. All blobs of all segments lie in `raw` one after the other, and the ids of those in data segments in `dataIds`. */
export type OpenReport =
  | {
      readonly job: number
      readonly raw: Uint8Array
      readonly lengths: readonly Uint32Array[]
      readonly dataIds: readonly (Uint8Array | null)[]
    }
  /** Errors lose their code on the way between threads: it goes by itself. */
  | { readonly job: number; readonly code: EngineErrorCode; readonly message: string }

const port = parentPort
if (port !== null) {
  const opener = new InlineOpener(workerData as DomainKeys, true)
  const carryOut = async ({ job, bytes, places }: OpenOrder): Promise<void> => {
    try {
      const report = packed(job, await opener.openAll(bytes, places))
      port.postMessage(report, [report.raw.buffer as ArrayBuffer])
    } catch (error) {
      const { code, message } = isEngineError(error)
        ? error
        : new EngineError('segment.authentication-failed', 'A segment could not be opened.', { cause: error })
      port.postMessage({ job, code, message } satisfies OpenReport)
    }
  }
  port.on('message', (order: OpenOrder) => void carryOut(order))
}

/** One buffer of its own for everything: what comes from zlib may lie in memory that other buffers share. */
function packed(job: number, segments: readonly OpenedSegment[]): Extract<OpenReport, { raw: Uint8Array }> {
  const lengths = segments.map(({ blobs }) => Uint32Array.from(blobs, (blob) => blob.length))
  const raw = new Uint8Array(lengths.reduce((sum, each) => sum + each.reduce((part, length) => part + length, 0), 0))
  let offset = 0
  for (const { blobs } of segments) {
    for (const blob of blobs) {
      raw.set(blob, offset)
      offset += blob.length
    }
  }
  return { job, raw, lengths, dataIds: segments.map((segment) => segment.dataIds) }
}
