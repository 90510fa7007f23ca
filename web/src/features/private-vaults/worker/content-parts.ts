import { EngineError } from '@holdfast/engine/errors'
import { blobTypes, type FileEntry } from '@holdfast/engine/format'
import type { TreeReader } from '@holdfast/engine/reader'
import type { SnapshotBlobs } from './snapshot-blobs.ts'

/** A part of a file: bytes that lie in its folder's list, a stored piece, or a hole. */
export type ContentPart =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'stored'; readonly id: Uint8Array; readonly length: number }
  | { readonly kind: 'hole'; readonly length: number }

/** The parts of a file in order; together they are its size. */
export async function* partsOf(reader: TreeReader, file: FileEntry): AsyncGenerator<ContentPart> {
  const { content } = file
  if (content.kind === 'inline') {
    if (content.bytes.length !== file.size) throw new EngineError('format.invalid', 'A file has another size than its content.')
    yield { kind: 'bytes', bytes: content.bytes }
    return
  }
  for await (const { item } of reader.items(file))
    yield item.kind === 'data' ? { kind: 'stored', id: item.id, length: item.length } : { kind: 'hole', length: item.length }
}

/** Pieces asked for together. With as much under way behind them, and the segments they lie in, some 40 MiB are held. */
const batchBytes = 8 * 1024 * 1024
const batchPieces = 1024

interface Batch<Step> {
  readonly steps: readonly Step[]
  readonly blobs: readonly Uint8Array[]
}

/**
 * Steps in their order, each with the piece it wants. Pieces are fetched many at a time, ahead of who takes them, however large the files
 * are and however small.
 *
 * @param wantedBy null for a step that needs none
 */
export async function* withContent<Step>(
  steps: AsyncIterable<Step>,
  wantedBy: (step: Step) => { readonly id: Uint8Array; readonly length: number } | null,
  blobs: SnapshotBlobs,
  signal?: AbortSignal,
): AsyncGenerator<readonly [step: Step, blob: Uint8Array | null]> {
  const iterator = steps[Symbol.asyncIterator]()
  const nextBatch = async (): Promise<Batch<Step> | null> => {
    const taken: Step[] = []
    const wanted: { readonly type: typeof blobTypes.data; readonly id: Uint8Array }[] = []
    for (let bytes = 0; bytes < batchBytes && taken.length < batchPieces;) {
      signal?.throwIfAborted()
      const next = await iterator.next()
      if (next.done === true) break
      taken.push(next.value)
      const want = wantedBy(next.value)
      if (want === null) continue
      wanted.push({ type: blobTypes.data, id: want.id })
      bytes += want.length
    }
    return taken.length === 0 ? null : { steps: taken, blobs: await blobs.readAll(wanted, signal) }
  }
  try {
    let ahead = nextBatch()
    for (let batch = await ahead; batch !== null; batch = await ahead) {
      ahead = nextBatch()
      // It is awaited above, once this batch is taken; until then a rejection must not count as unhandled.
      ahead.catch(() => undefined)
      let at = 0
      for (const step of batch.steps) {
        const wanted = wantedBy(step)
        yield [step, wanted === null ? null : takeBlob(batch.blobs[at++], wanted.length)]
      }
    }
  } finally {
    await iterator.return?.()
  }
}

function takeBlob(blob: Uint8Array | undefined, length: number): Uint8Array {
  if (blob?.length !== length) throw new EngineError('format.invalid', 'A piece of a file has another length than the file says.')
  return blob
}

const zeroes = new Uint8Array(64 * 1024)

/** The bytes of a part. @param blob of a stored one */
export function* bytesOfPart(part: ContentPart, blob: Uint8Array | null): Generator<Uint8Array> {
  if (part.kind === 'bytes') yield part.bytes
  else if (part.kind === 'stored') yield blob ?? new Uint8Array(0)
  else for (let left = part.length; left > 0; left -= zeroes.length) yield left < zeroes.length ? zeroes.subarray(0, left) : zeroes
}

/** What a part wants of the vault. */
export const wantedByPart = (part: ContentPart) => (part.kind === 'stored' ? part : null)
