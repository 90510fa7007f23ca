import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FakeAgent } from '../../../test/fake-agent.ts'
import { TestHub } from '../../../test/test-hub.ts'

const leaseMs = 1000
const hourMs = 3_600_000
const sample = {
  phase: 'transferring',
  filesDone: 0,
  bytesDone: 0,
  filesTotal: null,
  bytesTotal: null,
  filesRead: 0,
  bytesRead: 0,
  bytesStored: 0,
  warnings: 0,
  currentPath: null,
  elapsedMs: 0,
}

let offsetMs = 0
let hub: TestHub
let agent: FakeAgent
beforeEach(async () => {
  offsetMs = 0
  hub = await TestHub.start({ leaseMs, now: () => Date.now() + offsetMs })
  agent = await hub.enrol()
  await agent.link()
})
afterEach(() => hub.stop())

/** A run that its agent works on for so long, with progress all the time. */
async function workFor(ofRun: { readonly runId: string; readonly fence: number }, ms: number): Promise<void> {
  const until = performance.now() + ms
  for (let filesDone = Math.round(until); performance.now() < until; filesDone += 1) {
    await agent.send('run.progress', { ...ofRun, sample: { ...sample, filesDone } })
    await sleep(leaseMs / 10)
  }
}

describe.each([
  ['forth', hourMs],
  ['back', -hourMs],
])('a clock that jumps an hour %s', (_, jumpMs) => {
  test('ends no run that moves on, and lets none live for longer that does not', async () => {
    const { id: runId } = await hub.startRun(agent.agentId)
    await hub.expectState(runId, 'running')
    const ofRun = { runId, fence: 1 }
    await workFor(ofRun, leaseMs)
    offsetMs = jumpMs
    await workFor(ofRun, 2 * leaseMs)
    expect((await hub.run(runId)).state).toBe('running')
    await hub.expectState(runId, 'expired')
  })

  test('does not make a declined run wait for it', async () => {
    agent.onOffer = () => ({ accepted: false, reason: 'busy' })
    const { id: runId } = await hub.startRun(agent.agentId)
    await hub.expectState(runId, 'queued')
    await expect.poll(() => agent.offers.length).toBeGreaterThan(0)
    offsetMs = jumpMs
    agent.onOffer = () => ({ accepted: true })
    await hub.expectState(runId, 'running')
  })
})
