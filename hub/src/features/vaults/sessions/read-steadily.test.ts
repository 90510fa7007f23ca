import { PassThrough } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readSteadily } from './read-steadily.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** Moves the clock on once everything written was read. */
async function pass(seconds: number): Promise<void> {
  await nextTurn()
  vi.advanceTimersByTime(seconds * 1000)
}

test('a body of the slowest honest line is read to its end, however long it takes', async () => {
  const body = new PassThrough()
  const read = readSteadily(body, 10_000_000)
  for (let minute = 0; minute < 60; minute++) {
    body.write(Buffer.alloc(140_000, minute))
    await pass(60)
  }
  body.end()
  expect((await read).length).toBe(8_400_000)
})

test('one that stops, or only drips, is refused, and its sender is still heard out for the answer', async () => {
  const body = new PassThrough()
  const read = expect(readSteadily(body, 10_000_000)).rejects.toMatchObject({
    code: 'hub.overloaded',
    message: expect.stringMatching(/too slowly/),
  })
  body.write(Buffer.alloc(200_000))
  for (let second = 0; second < 121; second++) {
    body.write('.')
    await pass(1)
  }
  await read
  expect(body.destroyed).toBe(false)
  body.end(Buffer.alloc(500_000))
  await nextTurn()
  expect(body.readableEnded).toBe(true)
})
