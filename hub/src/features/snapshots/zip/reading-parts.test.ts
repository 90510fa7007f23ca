import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startedStream } from '../../../platform/http/started-stream.ts'
import { watchReading } from './reading-parts.ts'

test('a reader who takes nothing for long loses the slot; one who waits for the packing keeps it', async () => {
  const told: string[] = []
  const reading = (name: string) => ({
    onOver: () => void told.push(`${name} over`),
    onForgotten: () => void told.push(`${name} forgotten`),
  })
  async function* slowly(count: number, ms: number): AsyncGenerator<Uint8Array> {
    for (let part = 0; part < count; part++) {
      await sleep(ms)
      yield Buffer.alloc(100)
    }
  }
  for await (const _ of watchReading(slowly(3, 60), reading('patient'), 40)) {
    // Taken at once.
  }
  expect(told).toEqual(['patient over'])

  const stream = await startedStream(
    watchReading(slowly(100, 0), { ...reading('gone'), onForgotten: () => void (told.push('gone forgotten'), stream.destroy()) }, 40),
    1000,
  )
  stream.read(1)
  await expect.poll(() => told).toEqual(['patient over', 'gone forgotten', 'gone over'])
  expect(stream.destroyed).toBe(true)
})
