import type { Run } from '@holdfast/shared-types'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestHub } from '../../../test/test-hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await TestHub.start()
})
afterAll(() => hub.stop())

async function aRunInHand() {
  const agent = await hub.enrol()
  await agent.link()
  const run = await hub.startRun(agent.agentId)
  await hub.expectState(run.id, 'running')
  const fence = agent.offers.findLast((offer) => offer.runId === run.id)?.fence ?? 0
  const end = () =>
    agent.send('run.finished', {
      runId: run.id,
      fence,
      outcome: 'failed',
      result: null,
      error: { code: 'source.io-error', message: 'A disk fell.', cure: 'Pick it up.' },
      warnings: [],
      warningCount: 0,
    })
  return { run, end }
}
const ask = (run: Run, waitSeconds: number) => hub.json<Run>(hub.get(`/api/v1/runs/${run.id}?waitSeconds=${waitSeconds}`))
/** Whether something has come to an end within a moment that is long for the hub and short beside a wait. */
const isOver = (work: Promise<unknown>) => Promise.race([work.then(() => true), new Promise((resolve) => setTimeout(resolve, 300, false))])

describe('a call that waits for the end of a run', () => {
  test('is answered when the run has ended, to all who wait', async () => {
    const { run, end } = await aRunInHand()
    const [first, second] = [ask(run, 50), ask(run, 50)]
    expect(await isOver(first)).toBe(false)
    await end()
    expect((await first).state).toBe('failed')
    expect((await second).error?.code).toBe('source.io-error')
  })

  test('is answered at once where the run has ended before, and where nobody waits', async () => {
    const { run, end } = await aRunInHand()
    expect((await ask(run, 0)).state).toBe('running')
    await end()
    const late = ask(run, 50)
    expect(await isOver(late)).toBe(true)
    expect((await late).state).toBe('failed')
  })

  test('tells how far the run is when its time is up', async () => {
    const { run, end } = await aRunInHand()
    const waiting = ask(run, 1)
    expect(await isOver(waiting)).toBe(false)
    expect((await waiting).state).toBe('running')
    await end()
  })

  test('waits for less than a minute, after which proxies give up', async () => {
    const { run, end } = await aRunInHand()
    expect((await hub.get(`/api/v1/runs/${run.id}?waitSeconds=51`)).status).toBe(400)
    await end()
  })

  test('does not keep the hub from stopping', async () => {
    const other = await TestHub.start()
    const agent = await other.enrol()
    await agent.link()
    const run = await other.startRun(agent.agentId)
    const waiting = other.get(`/api/v1/runs/${run.id}?waitSeconds=50`)
    expect(await isOver(waiting)).toBe(false)
    await other.stop()
    expect((await waiting).status).toBe(200)
  })
})
