import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fuzzHttp } from './fuzz-http.ts'
import { fuzzAgentMessages, fuzzHellos, fuzzUi, sendBrokenFrames } from './fuzz-sockets.ts'
import { FuzzedHub } from './fuzzed-hub.ts'

/** Fixed, so that this is the same test every day; `npm run test:faults` sends many more, by a seed of its own. */
const seed = 4_711

let fuzzed: FuzzedHub
beforeAll(async () => {
  fuzzed = await FuzzedHub.start()
})
afterAll(() => fuzzed.hub.stop())

describe('whatever is said to the hub', () => {
  test('every call answers by its contract or refuses with a code of the registry', { timeout: 180_000 }, async () => {
    expect(await fuzzHttp(fuzzed, { seed, guests: 15 })).toEqual([])
  })

  test('every event of a browser is acknowledged, or its socket is ended', { timeout: 180_000 }, async () => {
    expect(await fuzzUi(fuzzed, { seed, guests: 25 })).toEqual([])
  })

  test('every message of an agent is acknowledged, and none of them is an internal error', { timeout: 180_000 }, async () => {
    const { faults, taken } = await fuzzAgentMessages(fuzzed, { seed, guests: 60 })
    expect(faults).toEqual([])
    expect(taken).toEqual(expect.arrayContaining(['run.progress', 'run.log', 'run.finished', 'session.open']))
  })

  test('every hello is answered', { timeout: 180_000 }, async () => {
    expect(await fuzzHellos(fuzzed, { seed, guests: 30 })).toEqual([])
  })

  test('broken frames end their own connection at most, and the hub serves on', { timeout: 180_000 }, async () => {
    await sendBrokenFrames(fuzzed.hub.origin, { cookie: await fuzzed.cookie() })
    expect(fuzzed.mistakes).toEqual([])
    expect(fuzzed.hub.fatal).toEqual([])
    expect((await fetch(`${fuzzed.hub.origin}/health/ready`)).status).toBe(200)
  })
})
