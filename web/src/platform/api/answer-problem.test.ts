import { expect, test } from 'vitest'
import { answerProblem } from './answer-problem.ts'

const problem = { type: '', title: '', status: 429, detail: 'Too many sign-ins failed.', code: 'sign-in.throttled', cure: 'Wait.' }
const answer = (headers: HeadersInit) => new Response(JSON.stringify(problem), { status: 429, headers })

test('the hub’s word when to try again is kept, and nothing is made of one that is no number of seconds', async () => {
  expect(await answerProblem(answer({ 'retry-after': '15' }))).toMatchObject({ code: 'sign-in.throttled', retryAfterMs: 15_000 })
  const useless: readonly Record<string, string>[] = [{}, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }, { 'retry-after': '0' }]
  for (const headers of useless) expect((await answerProblem(answer(headers))).retryAfterMs).toBeUndefined()
})

test('a proxy’s own 503 is a hub that is away', async () => {
  expect(await answerProblem(new Response('<html>', { status: 503 }))).toMatchObject({ code: 'hub.unreachable' })
})
