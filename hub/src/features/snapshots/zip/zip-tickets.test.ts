import { randomBytes } from 'node:crypto'
import { AgentId, SnapshotId } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import { createZipSlots } from './zip-slots.ts'
import { createZipTickets } from './zip-tickets.ts'

const agent = (digit: string) =>
  ({ kind: 'agent', agentId: AgentId.parse(`${digit.repeat(8)}-1111-4111-8111-111111111111`), name: digit }) as const
const snapshotId = SnapshotId.parse('0'.repeat(32))
const isKept = (redeem: () => unknown): boolean => {
  try {
    redeem()
    return true
  } catch {
    return false
  }
}

test('tickets of one account with long paths cost that account its oldest ones, and nobody else theirs', () => {
  const tickets = createZipTickets(() => 0)
  const [ada, greedy] = [agent('1'), agent('2')]
  const ofAda = tickets.issue(ada, { snapshotId, folder: [Buffer.from('home')], names: null, withDeleted: false }).ticket
  const text = randomBytes(100_000)
  const made = Array.from(
    { length: 400 },
    () => tickets.issue(greedy, { snapshotId, folder: [text], names: null, withDeleted: false }).ticket,
  )
  expect(tickets.redeem(ada, snapshotId, ofAda).folder).toEqual([Uint8Array.from(Buffer.from('home'))])
  const kept = made.filter((ticket) => isKept(() => tickets.redeem(greedy, snapshotId, ticket)))
  expect(kept).toEqual(made.slice(-kept.length))
  expect([kept.length > 50, kept.length * 100_000 <= 8 * 1024 * 1024]).toEqual([true, true])
})

test('what a ticket keeps is a copy, not the whole request around it', () => {
  const tickets = createZipTickets(() => 0)
  const request = Buffer.alloc(1_000_000, 'a')
  const { ticket } = tickets.issue(agent('1'), { snapshotId, folder: [request.subarray(0, 4)], names: null, withDeleted: false })
  expect(tickets.redeem(agent('1'), snapshotId, ticket).folder.map(({ buffer }) => buffer.byteLength)).toEqual([4])
})

test('a device packs one zip at a time', () => {
  const slots = createZipSlots()
  const giveBack = slots.take(agent('1'))
  expect(() => slots.take(agent('1'))).toThrow('a folder already')
  slots.take(agent('2'))
  giveBack()
  slots.take(agent('1'))
})
