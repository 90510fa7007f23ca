// @vitest-environment node
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FromConsumer, FromProducer } from '../download/port-messages.ts'
import { patienceMs, sendParts } from './send-parts.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

/** Begins a download of four messages, of which the other side takes what the test says. */
function begin() {
  const { port1, port2 } = new MessageChannel()
  const got: FromProducer['kind'][] = []
  port2.addEventListener('message', ({ data }: MessageEvent<FromProducer>) => void got.push(data.kind))
  port2.start()
  const told: number[] = []
  const state = { isReadingOver: false }
  const parts = async function* () {
    try {
      for (let at = 0; at < 4; at++) yield new Uint8Array(256 * 1024)
    } finally {
      state.isReadingOver = true
    }
  }
  const sent = sendParts(port1, parts(), { signal: new AbortController().signal, tell: (bytes) => void told.push(bytes) })
  const outcome = sent.then(
    (bytes) => bytes,
    (error: unknown) => (error instanceof Error && 'code' in error && error.name === 'ApiError' ? error.code : String(error)),
  )
  // Messages are real: only clocks stand still.
  const heard = async (kinds: readonly string[]): Promise<void> => {
    for (let turn = 0; turn < 1000 && got.length < kinds.length; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(got).toEqual(kinds)
  }
  const say = (message: FromConsumer): void => port2.postMessage(message)
  return { say, got, told, outcome, state, taker: port2, heard }
}

test('who asks for nothing any more ends the download: what came is called broken off, and reading stops', async () => {
  const { say, heard, told, outcome, state, taker } = begin()
  say({ kind: 'next' })
  await heard(['part'])
  await vi.advanceTimersByTimeAsync(patienceMs - 1)
  expect(state.isReadingOver).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(await outcome).toBe('download.abandoned')
  await heard(['part', 'failed'])
  expect(state.isReadingOver).toBe(true)
  // Said again all the while: the page keeps its service worker awake by it, and sees that nothing gets on.
  expect([told.length, new Set(told)]).toEqual([patienceMs / 10_000, new Set([256 * 1024])])
  taker.close()
})

test('who comes back in time gets the rest', async () => {
  const { say, heard, outcome, taker } = begin()
  for (const kinds of [1, 2, 3, 4].map((count) => Array.from({ length: count }, () => 'part'))) {
    await vi.advanceTimersByTimeAsync(patienceMs - 1)
    say({ kind: 'next' })
    await heard(kinds)
  }
  say({ kind: 'next' })
  expect(await outcome).toBe(1024 * 1024)
  taker.close()
})

test('a taker that died, or that never came, is told apart from a person who wants no more', async () => {
  const died = begin()
  died.say({ kind: 'next' })
  await died.heard(['part'])
  died.taker.close()
  expect(await died.outcome).toBe('download.abandoned')
  const never = begin()
  never.say({ kind: 'gone' })
  expect(await never.outcome).toBe('download.abandoned')
  const ended = begin()
  ended.say({ kind: 'cancel' })
  expect(await ended.outcome).toMatch(/^AbortError/)
  for (const { taker } of [never, ended]) taker.close()
})
