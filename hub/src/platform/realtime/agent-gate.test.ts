import { AckEnvelope } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { agentToHub, type AgentMessageHandlers, type AgentToHubType, type Feature } from '../http/define-feature.ts'
import { silentLogger } from '../logging/logger.ts'
import { createAgentGate } from './agent-gate.ts'
import { createAnsweredMessages } from './answered-messages.ts'

const everything = Object.fromEntries(
  (Object.keys(agentToHub) as AgentToHubType[]).map((type) => [type, async () => ({})]),
) as AgentMessageHandlers
const gateOf = (features: readonly Feature[]) =>
  createAgentGate({ features, log: silentLogger, newEntityManager: () => undefined as never, checkAnswers: true })

describe('the gate', () => {
  test('does not open while a message of the contract has no handler, or two', () => {
    const { 'run.log': _, ...rest } = everything
    expect(() => gateOf([{ name: 'most', agentReports: rest }])).toThrow(/run.log has no handler/)
    expect(() =>
      gateOf([
        { name: 'all', agentReports: everything },
        { name: 'again', agentReports: { 'run.log': async () => ({}) } },
      ]),
    ).toThrow(/run.log has a second handler in again/)
  })

  test('tells nothing of what is the hub\u2019s own mistake', async () => {
    const gate = gateOf([
      { name: 'broken', agentReports: { ...everything, 'vault.unseal': async () => Promise.reject(new Error('key = 1234')) } },
    ])
    const body = { runId: '6ba7b810-9dad-41d1-80b4-00c04fd430c8', fence: 1 }
    const ack = await gate('a' as never, { v: 1, id: '6ba7b810-9dad-41d1-80b4-00c04fd430c9', type: 'vault.unseal', sentAtMs: 1, body })
    expect(AckEnvelope.parse(ack)).toMatchObject({ ok: false, error: { code: 'internal', message: 'Holdfast made a mistake.' } })
  })

  test.each([null, 5, 'text', [], { v: 1 }, { v: 1, id: 'x', type: 'run.log', sentAtMs: 1, body: {} }])(
    'answers %j without throwing',
    async (raw) => {
      expect(await gateOf([{ name: 'all', agentReports: everything }])('a' as never, raw)).toMatchObject({
        ok: false,
        error: { code: 'protocol.invalid-message' },
      })
    },
  )
})

describe('answers that are kept', () => {
  const ok: AckEnvelope = { ok: true, body: {} }

  test('are given again, also while the first is still being made', async () => {
    const answered = createAnsweredMessages()
    let works = 0
    const work = async () => {
      works++
      await new Promise((resolve) => setTimeout(resolve, 20))
      return ok
    }
    expect(await Promise.all([answered.once('a', work), answered.once('a', work), answered.once('b', work)])).toEqual([ok, ok, ok])
    await answered.once('a', work)
    expect(works).toBe(2)
  })

  test('do not hold a refusal: the next try may succeed', async () => {
    const answered = createAnsweredMessages()
    const no: AckEnvelope = { ok: false, error: { code: 'database.unavailable', message: 'm', cure: 'c' } }
    expect(await answered.once('a', async () => no)).toEqual(no)
    expect(await answered.once('a', async () => ok)).toEqual(ok)
  })

  test('are small: a large one is shared while it is made, and made anew after that', async () => {
    const answered = createAnsweredMessages()
    let works = 0
    const work = async (): Promise<AckEnvelope> => {
      works++
      await new Promise((resolve) => setImmediate(resolve))
      return { ok: true, body: { usableBaseSnapshots: Array.from({ length: 200 }, () => 'ab'.repeat(16)) } }
    }
    await Promise.all([answered.once('a', work), answered.once('a', work)])
    expect(works).toBe(1)
    await answered.once('a', work)
    expect(works).toBe(2)
  })

  test('are bounded: the oldest goes first', async () => {
    const answered = createAnsweredMessages(2)
    let works = 0
    const work = async () => {
      works++
      return ok
    }
    for (const key of ['a', 'b', 'c', 'c', 'b', 'a']) await answered.once(key, work)
    expect(works).toBe(4)
  })
})
