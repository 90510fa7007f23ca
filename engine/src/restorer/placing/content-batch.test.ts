import { expect, test } from 'vitest'
import type { BlobLocation } from '../../format/index.ts'
import { usualReadRoom } from '../../vault/read-room.ts'
import type { BlobSource, OpenedSegment } from '../../vault/blob-source.ts'
import { ContentBatch, type PieceReceiver } from './content-batch.ts'

const idOf = (number: number): Uint8Array => new Uint8Array(32).fill(number)

/** Every blob lies in a segment of its own; what becomes of each read is kept. */
class TracedSource implements BlobSource {
  readonly room = usualReadRoom
  readonly reads: { isEnded: boolean; readonly signal: AbortSignal | undefined }[] = []

  nextSegment: (signal?: AbortSignal) => Promise<void> = () => Promise.resolve()

  async locate(ids: readonly Uint8Array[]): Promise<readonly BlobLocation[]> {
    return ids.map((id) => ({ packId: id, ordinal: 0, offset: 0, length: 100, position: 0 }) as unknown as BlobLocation)
  }

  async *segments(places: readonly BlobLocation[], signal?: AbortSignal): AsyncGenerator<OpenedSegment> {
    const read = { isEnded: false, signal }
    this.reads.push(read)
    try {
      for (const place of places) {
        await this.nextSegment(signal)
        yield { ...place, blobs: [Buffer.from('x')], dataIds: place.packId, memory: null }
      }
    } finally {
      read.isEnded = true
    }
  }

  verify(): void {
    // Ids come with the segments.
  }

  async read(): Promise<Uint8Array> {
    throw new RangeError('nothing is read one by one')
  }
}

const receiver = (write: () => void): PieceReceiver => ({
  write,
  fail: (error) => {
    throw error
  },
})

function want(batch: ContentBatch, numbers: readonly number[], write: () => void): void {
  for (const number of numbers) batch.want(idOf(number), receiver(write), 0, 1)
}

test('when delivering ends with an error nothing stays open, neither the batch in hand nor the next one', async () => {
  const source = new TracedSource()
  const batch = new ContentBatch(source, new AbortController().signal)
  want(batch, [1, 2, 3], () => {
    throw new RangeError('disk full')
  })
  await batch.deliver()
  want(batch, [4, 5], () => undefined)
  await expect(batch.deliver()).rejects.toThrow('disk full')
  expect(source.reads.map(({ isEnded }) => isEnded)).toEqual([true, false])
  await batch.discard()
  expect(source.reads.map(({ isEnded, signal }) => [isEnded, signal?.aborted])).toEqual([
    [true, true],
    [true, true],
  ])
  expect(batch.isEmpty).toBe(true)
})

test.each(['locate', 'segments'] as const)('what is on its way for ever is told to end before it is waited for: %s', async (call) => {
  const source = new TracedSource()
  if (call === 'locate') source.locate = () => new Promise(() => undefined)
  else source.nextSegment = (signal) => new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))
  const batch = new ContentBatch(source, new AbortController().signal)
  want(batch, [1], () => undefined)
  await batch.deliver()
  await new Promise((resolve) => setImmediate(resolve))
  await batch.discard()
  expect(batch.isEmpty).toBe(true)
})

test('a batch delivers every piece once, and a cancel of the restore reaches its reads', async () => {
  const source = new TracedSource()
  const cancel = new AbortController()
  const batch = new ContentBatch(source, cancel.signal)
  let count = 0
  want(batch, [1, 2, 1], () => count++)
  await batch.deliver()
  await batch.deliver()
  cancel.abort()
  expect([count, source.reads.length, source.reads[0]!.signal?.aborted]).toEqual([3, 1, true])
})
