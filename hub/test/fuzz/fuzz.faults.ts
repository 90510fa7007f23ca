import { randomInt } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fuzzHttp } from './fuzz-http.ts'
import { fuzzAgentMessages, fuzzHellos, fuzzUi, sendBrokenFrames } from './fuzz-sockets.ts'
import { FuzzedHub } from './fuzzed-hub.ts'

const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? randomInt(2 ** 31))
/** Of what JavaScript holds, from the start to the end: a mistake that keeps what it was sent shows far below this. It was 15 MiB (2026-11-22). */
const mostHeldBytes = 40 * 1024 * 1024
/** Of the process, from the end of the first part: until then glibc had kept 300 MiB for the next time, afterwards it was 75, 15 and 10 a part. */
const mostGrowthBytes = 250 * 1024 * 1024

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function memory(): { readonly rss: number; readonly held: number } {
  collectGarbage()
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, held: heapUsed + external }
}

let fuzzed: FuzzedHub
beforeAll(async () => {
  fuzzed = await FuzzedHub.start()
})
afterAll(() => fuzzed.hub.stop())

describe(`a long time of nonsense (seed ${seed})`, () => {
  test('leaves every promise of the contract kept, and the hub its memory', async () => {
    const before = memory()
    let warm = before
    for (let part = 0; part < 4; part += 1) {
      const options = { seed: seed + part * 1_000, guests: 150 }
      expect(await fuzzHttp(fuzzed, options)).toEqual([])
      expect(await fuzzUi(fuzzed, options)).toEqual([])
      expect((await fuzzAgentMessages(fuzzed, options)).faults).toEqual([])
      expect(await fuzzHellos(fuzzed, options)).toEqual([])
      await sendBrokenFrames(fuzzed.hub.origin, { cookie: await fuzzed.cookie() })
      if (part === 0) warm = memory()
    }
    expect(fuzzed.mistakes).toEqual([])
    expect(fuzzed.hub.fatal).toEqual([])
    const after = memory()
    expect(after.held - before.held).toBeLessThan(mostHeldBytes)
    expect(after.rss - warm.rss).toBeLessThan(mostGrowthBytes)
  })
})
