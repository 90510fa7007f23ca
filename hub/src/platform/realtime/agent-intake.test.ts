import type { AckEnvelope } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { createAgentIntake } from './agent-intake.ts'
import { weighMessage } from './message-weight.ts'

/** A hub that is slow: messages are answered when `answerAll` is called. */
function slowHub(maxHubBytes?: number) {
  const held: (() => void)[] = []
  const intake = createAgentIntake({
    gate: () => new Promise((resolve) => held.push(() => resolve({ ok: true, body: {} }))),
    track: () => undefined,
    ...(maxHubBytes === undefined ? {} : { maxHubBytes }),
  })
  return {
    intake,
    get held() {
      return held.length
    },
    async answerAll() {
      for (const answer of held.splice(0)) answer()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

const message = (bytes: number) => ({ v: 1, body: { text: 'x'.repeat(bytes) } })
const codeOf = (ack: AckEnvelope): string => (ack.ok ? 'ok' : ack.error.code)

describe('messages of agents that wait to be handled', () => {
  test('are bounded by their bytes: large ones are refused long before there are many, and taken again once there is room', async () => {
    const hub = slowHub()
    const link = hub.intake.openLink('a' as never, () => true)
    const answers: string[] = []
    for (let i = 0; i < 100; i++) link.receive(message(500_000), (ack: AckEnvelope) => answers.push(codeOf(ack)))
    expect(hub.held).toBe(8)
    expect(answers).toEqual(Array.from({ length: 92 }, () => 'hub.overloaded'))
    await hub.answerAll()
    link.receive(message(500_000), () => undefined)
    expect(hub.held).toBe(1)
  })

  test('are bounded over all links, and by their count', () => {
    const hub = slowHub(3_000_000)
    for (let i = 0; i < 20; i++) hub.intake.openLink(`agent ${i}` as never, () => true).receive(message(400_000), () => undefined)
    expect(hub.held).toBe(3)
    const many = slowHub()
    const link = many.intake.openLink('a' as never, () => true)
    for (let i = 0; i < 1100; i++) link.receive({}, () => undefined)
    expect(many.held).toBe(1000)
  })
})

describe('the weight of a message', () => {
  test('grows with its text, its bytes and its parts', () => {
    expect(weighMessage('x'.repeat(1000))).toBeGreaterThanOrEqual(2000)
    expect(weighMessage({ ids: Buffer.alloc(5000) })).toBeGreaterThanOrEqual(5000)
    expect(weighMessage(Array.from({ length: 1000 }, () => 0))).toBeGreaterThanOrEqual(8000)
  })

  test('is found for a message that is as deep as the largest may be', () => {
    expect(weighMessage(JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)))).toBeGreaterThan(100_000)
  })
})
