import type { AgentId } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import { aSnapshot, aDevice } from '../../testing/world.ts'
import type { EntrySource } from './entry-source.ts'
import { textOf } from './look-at-file.ts'
import { emptyForm, restoreOrder } from './restore-order.ts'
import { sealedOrder } from './sealed-order.ts'

const snapshot = aSnapshot(aDevice())
const paths = [{ text: '/home/ada/quinces', raw: null }]
const agentId = snapshot.agentId as AgentId
const inPage = { sealRestore: async (_to: AgentId, choice: unknown) => `sealed ${JSON.stringify(choice).length}` }
const source = { inPage } as unknown as EntrySource

test('what is chosen in a private vault is in no order that the hub sees', async () => {
  const order = restoreOrder(snapshot, paths, { ...emptyForm, target: '/tmp/x', include: '*.txt' }, false)
  const sealed = await sealedOrder(order, paths, { source, agentId })
  expect(sealed).toMatchObject({ paths: [], target: { path: '/tmp/x' }, sealedSelection: expect.stringMatching(/^sealed \d+$/) })
  expect(sealed).not.toHaveProperty('include')
  expect(JSON.stringify(sealed)).not.toMatch(/quinces|\.txt/)
  expect(await sealedOrder(order, paths, { source: { ...source, inPage: null }, agentId })).toBe(order)
})

test('an order for everything has nothing to hide', async () => {
  const order = restoreOrder(snapshot, [], { ...emptyForm, target: '/tmp/x' }, true)
  expect(await sealedOrder(order, [], { source, agentId })).toBe(order)
})

test('a look is text where it is text, also cut within a letter, and nothing where it is not', () => {
  const umlauts = new TextEncoder().encode('äöü')
  expect(textOf(umlauts.slice(0, 5), 6)).toEqual({ kind: 'text', text: 'äö', isCut: true })
  expect(textOf(umlauts, 6)).toEqual({ kind: 'text', text: 'äöü', isCut: false })
  expect(textOf(Uint8Array.of(0x61, 0, 0x62), 3)).toEqual({ kind: 'nothing' })
  expect(textOf(Uint8Array.of(0xff, 0xfe), 2)).toEqual({ kind: 'nothing' })
})
