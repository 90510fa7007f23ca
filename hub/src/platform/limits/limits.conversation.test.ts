import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestHub } from '../../../test/test-hub.ts'
import { addPerson, addToken, callWith, openLive } from '../../../test/test-people.ts'

/** Many calls at once. @returns how often each status came, and the largest Retry-After */
async function many(
  count: number,
  call: () => Promise<Response>,
): Promise<{ readonly counts: Record<number, number>; readonly retryAfter: number }> {
  const counts: Record<number, number> = {}
  let retryAfter = 0
  for (const answer of await Promise.all(Array.from({ length: count }, call))) {
    counts[answer.status] = (counts[answer.status] ?? 0) + 1
    retryAfter = Math.max(retryAfter, Number(answer.headers.get('retry-after') ?? 0))
    await answer.arrayBuffer()
  }
  return { counts, retryAfter }
}

describe('a hub that is asked too much', () => {
  let hub: TestHub
  beforeAll(async () => {
    // An address: 40 at once and 4 a second. An account: half.
    hub = await TestHub.start({ env: { HOLDFAST_RATE_LIMIT: '4' } })
  })
  afterAll(() => hub.stop())

  test('refuses by account before it does by address, says when to come back, and keeps answering to what watches it', async () => {
    const { cookie } = await addPerson(hub, 'viewer')
    const { token } = await addToken(hub, cookie, 'read')
    const { counts, retryAfter } = await many(25, () => hub.get('/api/v1/me', cookie))
    expect(counts[200]).toBeGreaterThanOrEqual(18)
    expect(counts[429]).toBeGreaterThanOrEqual(1)
    expect(retryAfter).toBe(1)
    expect(await hub.refusal(hub.get('/api/v1/me', cookie))).toEqual([429, 'access.throttled'])
    expect((await callWith(hub, token, '/api/v1/me')).status, 'its programs with it').toBe(429)
    expect((await hub.get('/api/v1/me')).status, 'another account at the same address').toBe(200)
    const strangers = await many(40, () => fetch(`${hub.origin}/api/v1/me`))
    expect(strangers.counts[401]).toBeGreaterThan(0)
    expect(strangers.counts[429]).toBeGreaterThan(0)
    const live = await Promise.all(Array.from({ length: 12 }, () => openLive(hub, { cookie })))
    for (const { socket } of live) socket.disconnect()
    expect(live.filter(({ answer }) => answer === 'access.throttled').length).toBeGreaterThan(6)
    expect((await many(60, () => fetch(`${hub.origin}/health/live`))).counts).toEqual({ 200: 60 })
  })
})

describe('limits', () => {
  let hub: TestHub
  beforeAll(async () => {
    hub = await TestHub.start({ env: { HOLDFAST_RATE_LIMIT: '20' } })
  })
  afterAll(() => hub.stop())

  test('are tighter for signing in and enrolling, and none for the data of agents', async () => {
    const agent = await hub.enrol()
    const post = (path: string, body: object) => () =>
      fetch(hub.origin + path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
    const signIns = await many(30, post('/api/v1/sign-in', {}))
    expect(signIns.counts[429]).toBeGreaterThanOrEqual(19)
    const enrolments = await many(60, post('/api/v1/enrol', {}))
    expect(enrolments.counts[429]).toBeGreaterThanOrEqual(15)
    const token = await agent.token()
    const data = await many(300, () => callWith(hub, token, '/api/v1/runs/6ba7b810-9dad-41d1-80b4-00c04fd430c8/snapshot-object'))
    expect(data.counts).toEqual({ 404: 300 })
  })
})
