import { randomInt } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogLine, RunOrder } from '@holdfast/shared-types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFreePort } from '../stack/free-port.ts'
import { seededRandom } from '../stack/seeded-random.ts'
import { startStack, type Stack } from '../stack/start-stack.ts'
import { HubDoor } from '../stack/hub-door.ts'
import { LinkProxy } from './link/link-proxy.ts'
import { BrowserClient } from './live/browser-client.ts'
import { followRun } from './live/follower.ts'

const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? randomInt(2 ** 31))
const random = seededRandom(seed)

let stack: Stack
let proxy: LinkProxy
beforeAll(async () => {
  const port = await findFreePort()
  stack = await startStack({ port })
  proxy = await LinkProxy.start(port, random)
}, 120_000)
afterAll(async () => {
  await proxy.stop()
  await stack.stop()
})

/** A backup that has much to tell: each source that is not there is a line of its log. */
function talkativeOrder(): RunOrder {
  const source = join(stack.folder, 'source')
  mkdirSync(source)
  for (let file = 0; file < 20; file += 1) writeFileSync(join(source, `file ${file}`), random.bytes(2_000_000))
  const missing = Array.from({ length: 900 }, (_, index) => ({ path: join(stack.folder, `not there ${index}`) }))
  return { kind: 'backup', sources: [...missing, { path: source }], full: false }
}

const linesBetweenCuts = 60
const linesBeforeRestart = 350

test(`two browsers and two command lines see the same truth, cut and resumed, over a restart of the hub (seed ${seed})`, async () => {
  const door = await HubDoor.signIn(stack.origin, stack.signInLink)
  const { id: agentId } = await door.device()
  const { id: runId } = await door.order(agentId, talkativeOrder())
  const restarted = Promise.withResolvers<void>()
  let isRestarting = false
  const restart = async (): Promise<void> => {
    isRestarting = true
    await stack.hub().kill()
    await stack.startHub()
    restarted.resolve()
  }
  const cut = async (): Promise<void> => {
    proxy.cut(random.next() < 0.5 ? 'reset' : 'finish')
    await sleep(random.below(100))
    proxy.mend()
  }
  const steady = await BrowserClient.open({
    origin: stack.origin,
    door,
    runId,
    onLine: (lines) => {
      if (lines >= linesBeforeRestart && !isRestarting) restart().catch(restarted.reject)
    },
  })
  const shaken = await BrowserClient.open({
    origin: proxy.origin,
    door,
    runId,
    onLine: (lines) => {
      if (lines % linesBetweenCuts === 0) void cut()
    },
  })
  const followers = [followRun(door, runId, 60), followRun(door, runId, 250)]
  const sights = await Promise.all(followers)
  await Promise.all([steady.untilEnd(), shaken.untilEnd(), restarted.promise])

  const truth = { state: (await door.run(runId)).state, lines: await door.log(runId) }
  // Lines may come after the end; whoever listens hears of them too.
  await expect
    .poll(() => [steady.sight.lines.length, shaken.sight.lines.length], { timeout: 10_000 })
    .toEqual([truth.lines.length, truth.lines.length])
  expect(shaken.connections).toBeGreaterThan(3)
  expect(truth.state).toBe('warning')
  expect(truth.lines.map((line: LogLine) => line.seq)).toEqual(truth.lines.map((_, index) => index + 1))
  expect(new Set(truth.lines.filter(({ event }) => event === 'run.warning').map(({ path }) => path)).size).toBe(900)
  for (const { state, lines } of [steady.sight, shaken.sight, ...sights]) {
    expect(state).toBe(truth.state)
    expect(lines).toEqual(truth.lines)
  }
  steady.close()
  shaken.close()
})
