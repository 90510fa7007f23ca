import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Brake } from './brake.ts'

/** The clock of these tests: it goes on by what is worked and rested only. */
let nowMs: number
/** How long each rest was to be. */
let rests: number[]
let isAsleepForEver: boolean
/** How often others had their turn without a rest. */
let turns: number

vi.mock('node:timers/promises', () => ({
  setImmediate: async () => void turns++,
  setTimeout: (ms: number, _: unknown, { signal }: { readonly signal: AbortSignal }) => {
    rests.push(ms)
    nowMs += ms
    return new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')))
      if (!isAsleepForEver) setImmediate(resolve)
    })
  },
}))

beforeEach(() => {
  nowMs = 1000
  rests = []
  turns = 0
  isAsleepForEver = false
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
})
afterEach(() => vi.restoreAllMocks())

test('work beside the hub\u2019s rests as long as it worked, and at most a second', async () => {
  const brake = new Brake(new AbortController().signal)
  for (let step = 0; step < 12; step++) {
    nowMs += 5
    await brake.pass()
  }
  expect(rests).toEqual([20, 20, 20])
  nowMs += 60_000
  await brake.pass()
  expect(rests.at(-1)).toBe(1000)
})

test('work that others wait for does not rest, but lets them have their turn', async () => {
  const brake = new Brake(new AbortController().signal, 'yielding')
  for (let step = 0; step < 12; step++) {
    nowMs += 5
    await brake.pass()
  }
  expect([rests, turns]).toEqual([[], 3])
})

test('it ends when it is told to, also in the middle of a rest', async () => {
  const stopping = new AbortController()
  const brake = new Brake(stopping.signal)
  isAsleepForEver = true
  nowMs += 500
  const passing = brake.pass()
  expect(rests).toEqual([500])
  stopping.abort()
  await expect(passing).rejects.toMatchObject({ code: 'cancelled' })
  await expect(brake.pass()).rejects.toMatchObject({ code: 'cancelled' })
})
