import type { AckEnvelope } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { createAgentIntake, type IntakePeer } from './agent-intake.ts'
import { weighMessage } from './message-weight.ts'
import { unreadBy } from './unread-packets.ts'

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

const reader: IntakePeer = { isConnected: () => true, unread: () => ({ packets: 0, bytes: 0 }), cut: () => undefined }

/** What it is answered stays where engine.io holds it. */
function deafDevice() {
  const writeBuffer: { data: unknown }[] = []
  let cuts = 0
  const peer: IntakePeer = {
    isConnected: () => cuts === 0,
    unread: () => unreadBy({ conn: { writeBuffer } as never }),
    cut: () => void cuts++,
  }
  const acknowledge = (bytes: number) => () => void writeBuffer.push({ data: '461-[{}]' }, { data: Buffer.alloc(bytes) })
  return { peer, acknowledge, unread: () => peer.unread(), cuts: () => cuts }
}

const message = (bytes: number) => ({ v: 1, body: { text: 'x'.repeat(bytes) } })
const codeOf = (ack: AckEnvelope): string => (ack.ok ? 'ok' : ack.error.code)

describe('messages of agents that wait to be handled', () => {
  test('are bounded by their bytes: large ones are refused long before there are many, and taken again once there is room', async () => {
    const hub = slowHub()
    const link = hub.intake.openLink('a' as never, reader)
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
    for (let i = 0; i < 20; i++) hub.intake.openLink(`agent ${i}` as never, reader).receive(message(400_000), () => undefined)
    expect(hub.held).toBe(3)
    const many = slowHub()
    const link = many.intake.openLink('a' as never, reader)
    for (let i = 0; i < 1100; i++) link.receive({}, () => undefined)
    expect(many.held).toBe(1000)
  })
})

describe('a device that reads no answers', () => {
  test('has those of all it may ask at once, and is cut when it asks on', async () => {
    const hub = slowHub()
    const device = deafDevice()
    const link = hub.intake.openLink('a' as never, device.peer)
    for (let i = 0; i < 63; i++) link.receive({ ids: Buffer.alloc(131_072) }, device.acknowledge(98_304))
    expect(hub.held).toBe(63)
    await hub.answerAll()
    expect({ cuts: device.cuts(), packets: device.unread().packets }).toEqual({ cuts: 0, packets: 126 })
    for (let i = 0; i < 100; i++) {
      link.receive({ ids: Buffer.alloc(131_072) }, device.acknowledge(98_304))
      await hub.answerAll()
    }
    expect(device.cuts()).toBe(1)
    expect(device.unread().bytes).toBeLessThan(10 * 1024 * 1024)
  })

  test('is cut also when nothing but refusals waits for it', () => {
    const device = deafDevice()
    const link = slowHub(0).intake.openLink('a' as never, device.peer)
    for (let i = 0; i < 10_000; i++) link.receive({}, device.acknowledge(0))
    expect({ cuts: device.cuts(), packets: device.unread().packets }).toEqual({ cuts: 1, packets: 4002 })
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
