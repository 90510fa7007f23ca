import { MemoryStore } from '@holdfast/engine/store'
import type { StagedObject } from '@holdfast/engine/store'
import { expect, test } from 'vitest'
import { GatheringWriter } from './gathering-writer.ts'

const key = 'p/00/00112233445566778899aabbccddeeff'
const piece = (fill: number, length = 64 * 1024): Uint8Array => new Uint8Array(length).fill(fill)

/** A staged object whose writes end when told to. */
class SlowStage {
  readonly calls: { readonly sizes: readonly number[]; end: (error?: Error) => void }[] = []
  readonly stage: StagedObject
  #isSlow = true

  constructor(inner: StagedObject) {
    this.stage = Object.create(inner, {
      write: {
        value: async (pieces: readonly Uint8Array[]) => {
          const ended = Promise.withResolvers<void>()
          this.calls.push({
            sizes: pieces.map(({ length }) => length),
            end: (error) => (error === undefined ? ended.resolve() : ended.reject(error)),
          })
          if (this.#isSlow) await ended.promise
          await inner.write(pieces)
        },
      },
    }) as StagedObject
  }

  /** Ends what is under way, and whatever follows at once. */
  hurry(): void {
    this.#isSlow = false
    for (const { end } of this.calls) end()
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('writes every byte once and in order, however it comes', async () => {
  const store = new MemoryStore()
  const stage = await store.stage()
  const writer = new GatheringWriter(stage)
  const sizes = [1, 70_000, 65_536, 3, 600_000, 65_536, 0, 9]
  const given = Buffer.concat(sizes.map((size, index) => piece(index, size)))
  for (const [index, size] of sizes.entries()) await writer.write(piece(index, size))
  await writer.end()
  await stage.commit(key)
  expect(Buffer.from(await store.get(key)).equals(given)).toBe(true)
})

test('writes what has come meanwhile in one call, and empties the pieces once they are written', async () => {
  const slow = new SlowStage(await new MemoryStore().stage())
  const writer = new GatheringWriter(slow.stage)
  const first = piece(1)
  for (const each of [first, piece(2), piece(3)]) await writer.write(each)
  expect(slow.calls.map(({ sizes }) => sizes)).toEqual([[65_536]])
  expect(first.length).toBe(65_536)
  slow.calls[0]!.end()
  await turn()
  expect(first.length).toBe(0)
  expect(slow.calls.map(({ sizes }) => sizes)).toEqual([[65_536], [65_536, 65_536]])
  slow.calls[1]!.end()
  await writer.end()
})

test('takes no more while much is waiting', async () => {
  const slow = new SlowStage(await new MemoryStore().stage())
  const writer = new GatheringWriter(slow.stage)
  let taken = 0
  const giving = (async () => {
    for (; taken < 100; taken++) await writer.write(piece(taken))
  })()
  for (let turns = 0; turns < 20; turns++) await turn()
  expect(taken).toBeLessThan(12)
  slow.hurry()
  await giving
  await writer.end()
  expect(taken).toBe(100)
})

test('tells a failed write with the next piece and at the end, and settles', async () => {
  const slow = new SlowStage(await new MemoryStore().stage())
  const writer = new GatheringWriter(slow.stage)
  await writer.write(piece(1))
  await writer.write(piece(2))
  slow.calls[0]!.end(new Error('disk full'))
  await writer.settle()
  expect(slow.calls).toHaveLength(1)
  await expect(writer.write(piece(3))).rejects.toThrow('disk full')
  await expect(writer.end()).rejects.toThrow('disk full')
  expect(slow.calls).toHaveLength(1)
})

test('a stage that throws at once is told as one that fails later', async () => {
  const stage = Object.create(await new MemoryStore().stage(), {
    write: {
      value: () => {
        throw new Error('closed')
      },
    },
  }) as StagedObject
  const writer = new GatheringWriter(stage)
  await writer.write(piece(1))
  await expect(writer.end()).rejects.toThrow('closed')
})
