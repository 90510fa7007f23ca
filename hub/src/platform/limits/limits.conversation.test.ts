import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestHub } from '../../../test/test-hub.ts'
import { addPerson, addToken, callWith, openLive } from '../../../test/test-people.ts'

interface Asked {
  /** How often each status came. */
  readonly counts: Readonly<Record<number, number>>
  readonly codes: ReadonlySet<string>
  /** The largest of them, in seconds. */
  readonly retryAfter: number
}

/** Many calls at once. */
async function many(count: number, call: (i: number) => Promise<Response>): Promise<Asked> {
  const counts: Record<number, number> = {}
  const codes = new Set<string>()
  let retryAfter = 0
  for (const answer of await Promise.all(Array.from({ length: count }, (_, i) => call(i)))) {
    counts[answer.status] = (counts[answer.status] ?? 0) + 1
    retryAfter = Math.max(retryAfter, Number(answer.headers.get('retry-after') ?? 0))
    const body = (await answer.json()) as { code?: string }
    if (answer.status === 429 && body.code !== undefined) codes.add(body.code)
  }
  return { counts, codes, retryAfter }
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
    // Neither comes to the limit of 20 by itself: a person and their programs are one account.
    const asked = await many(34, (i) => (i % 2 === 0 ? hub.get('/api/v1/me', cookie) : callWith(hub, token, '/api/v1/me')))
    expect(asked.counts[200]).toBeGreaterThanOrEqual(17)
    expect(asked.counts[429]).toBeGreaterThanOrEqual(1)
    expect([[...asked.codes], asked.retryAfter]).toEqual([['access.throttled'], 1])
    expect((await hub.get('/api/v1/me')).status, 'another account at the same address').toBe(200)
    const strangers = await many(40, () => fetch(`${hub.origin}/api/v1/me`))
    expect(strangers.counts[401]).toBeGreaterThan(0)
    expect(strangers.counts[429]).toBeGreaterThan(0)
    const live = await Promise.all(Array.from({ length: 12 }, () => openLive(hub, { cookie })))
    for (const { socket } of live) socket.disconnect()
    expect(live.filter(({ answer }) => answer === 'access.throttled').length).toBeGreaterThan(0)
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
    expect(signIns.counts[429]).toBeGreaterThan(15)
    const enrolments = await many(120, post('/api/v1/enrol', {}))
    expect(enrolments.counts[429]).toBeGreaterThan(0)
    const token = await agent.token()
    const data = await many(300, () => callWith(hub, token, '/api/v1/runs/6ba7b810-9dad-41d1-80b4-00c04fd430c8/snapshot-object'))
    expect(data.counts).toEqual({ 404: 300 })
  })
})
