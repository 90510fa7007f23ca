import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeviceLimits, RunProgressSample } from '@holdfast/shared-types'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startLinkedDevice, stopLinkedDevice } from '../../test/a-linked-device.ts'
import { aBackupOf, endOf } from '../../test/a-run.ts'
import type { TestFolder } from '../../test/an-agent.ts'
import type { FakeHub } from '../../test/fake-hub.ts'
import type { AgentService } from './agent-service.ts'

process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'holdfast-test-compile-cache')

let hub: FakeHub
let folder: TestFolder
let service: AgentService
let sources: string

beforeEach(async () => {
  ;({ hub, folder, service, sources } = await startLinkedDevice())
  writeFileSync(join(sources, 'large'), randomBytes(6 * 1024 * 1024))
})
afterEach(() => stopLinkedDevice({ hub, folder, service }))

const limit = async (limits: DeviceLimits): Promise<void> =>
  expect(await hub.command('device.set-limits', limits)).toEqual({ ok: true, body: {} })
const stored = (runId: string): number =>
  hub
    .reports('run.progress')
    .filter(({ body }) => body['runId'] === runId)
    .map(({ body }) => (body['sample'] as RunProgressSample).bytesStored)
    .at(-1) ?? 0
/** Nice values of all threads of this process by thread id: field 19 of `stat`, counted after the name in brackets. */
const niceByThread = (): Map<number, number> =>
  new Map(
    readdirSync('/proc/self/task').flatMap((id) => {
      try {
        const fields = readFileSync(`/proc/self/task/${id}/stat`, 'latin1')
          .replace(/^.*\) /s, '')
          .split(' ')
        return [[Number(id), Number(fields[16])] as const]
      } catch {
        // It has just ended.
        return []
      }
    }),
  )
const gaveWay = (before: Map<number, number>): number[] =>
  [...niceByThread()].filter(([id, nice]) => !before.has(id) && nice >= 10).map(([id]) => id)

test('a limit holds a backup while it runs, progress shows what really went, and its end lets it finish', async () => {
  await limit({ uploadBytesPerSecond: 65_536, isBackground: true })
  const runId = await hub.begin(aBackupOf(hub, sources))
  await hub.until(() => stored(runId) > 32_768, 'the first bytes to go')
  expect(stored(runId)).toBeLessThan(3 * 1024 * 1024)
  await limit({ uploadBytesPerSecond: null, isBackground: true })
  expect((await endOf(hub, runId)).body).toMatchObject({ outcome: 'succeeded' })
})

test('a backup that waits for its limit is cancelled within seconds', async () => {
  await limit({ uploadBytesPerSecond: 16_384, isBackground: true })
  const runId = await hub.begin(aBackupOf(hub, sources))
  await hub.until(() => stored(runId) > 0, 'the first bytes to go')
  const cancelledAtMs = performance.now()
  await hub.command('run.cancel', { runId, fence: 1 })
  expect((await endOf(hub, runId)).body).toMatchObject({ outcome: 'cancelled' })
  expect(performance.now() - cancelledAtMs).toBeLessThan(5_000)
})

// Linux alone has a nice value for each thread, and the folder to read it from.
test.runIf(process.platform === 'linux')('threads of a backup give way, the one that holds the link does not', async () => {
  const before = niceByThread()
  // More than may be on its way: so threads that seal are there as long as the limit holds.
  for (let n = 0; n < 4; n++) writeFileSync(join(sources, `large ${n}`), randomBytes(32 * 1024 * 1024))
  await limit({ uploadBytesPerSecond: 16_384, isBackground: true })
  const runId = await hub.begin(aBackupOf(hub, sources))
  await hub.until(() => stored(runId) > 0, 'the first bytes to go')
  // The run's own and those that seal for it.
  expect(gaveWay(before).length).toBeGreaterThanOrEqual(2)
  expect([...niceByThread()].filter(([id, nice]) => before.has(id) && nice !== before.get(id))).toEqual([])
  await hub.command('run.cancel', { runId, fence: 1 })
  await endOf(hub, runId)
})

// As above.
test.runIf(process.platform === 'linux')('none gives way where the device is told not to work in the background', async () => {
  const before = niceByThread()
  await limit({ uploadBytesPerSecond: 16_384, isBackground: false })
  const runId = await hub.begin(aBackupOf(hub, sources))
  await hub.until(() => stored(runId) > 0, 'the first bytes to go')
  expect(gaveWay(before)).toEqual([])
  await hub.command('run.cancel', { runId, fence: 1 })
  await endOf(hub, runId)
})
