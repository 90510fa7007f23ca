import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fuzzHttp } from './fuzz-http.ts'
import { fuzzAgentMessages, fuzzHellos, fuzzUi, sendBrokenFrames } from './fuzz-sockets.ts'
import { FuzzedHub } from './fuzzed-hub.ts'

const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? randomInt(2 ** 31))
/** A mistake that keeps what it was sent shows far below this. */
const mostGrowthBytes = 400 * 1024 * 1024

let fuzzed: FuzzedHub
beforeAll(async () => {
  fuzzed = await FuzzedHub.start()
})
afterAll(() => fuzzed.hub.stop())

describe(`a long time of nonsense (seed ${seed})`, () => {
  test('leaves every promise of the contract kept, and the hub its memory', async () => {
    const before = process.memoryUsage().rss
    for (let part = 0; part < 4; part += 1) {
      const options = { seed: seed + part * 1_000, guests: 150 }
      expect(await fuzzHttp(fuzzed, options)).toEqual([])
      expect(await fuzzUi(fuzzed, options)).toEqual([])
      expect((await fuzzAgentMessages(fuzzed, options)).faults).toEqual([])
      expect(await fuzzHellos(fuzzed, options)).toEqual([])
      await sendBrokenFrames(fuzzed.hub.origin, { cookie: await fuzzed.cookie() })
    }
    expect(fuzzed.mistakes).toEqual([])
    expect(fuzzed.hub.fatal).toEqual([])
    expect(process.memoryUsage().rss - before).toBeLessThan(mostGrowthBytes)
  })
})
