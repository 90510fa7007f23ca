import type { AgentId, RestoreSelection } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import { aSnapshot, aDevice } from '../../testing/world.ts'
import type { EntrySource } from './entry-source.ts'
import { textOf } from './look-at-file.ts'
import { emptyForm, restoreOrder } from './restore-order.ts'
import { sealedOrder } from './sealed-order.ts'

const snapshot = aSnapshot(aDevice())
const paths = [{ text: '/home/ada/quinces', raw: null }]
const agentId = snapshot.agentId as AgentId
let sealed: RestoreSelection[] = []
const inPage = {
  sealRestore: async (_to: AgentId, restore: RestoreSelection) => {
    sealed.push(restore)
    return `sealed ${sealed.length}`
  },
}
const opened = { isPrivate: true, source: { inPage } as unknown as EntrySource, agentId }
const managed = { isPrivate: false, source: { inPage: null } as unknown as EntrySource, agentId }

test('what is chosen in a private vault is in no order that the hub sees, and all that is ordered is sealed', async () => {
  sealed = []
  const order = restoreOrder(snapshot, paths, { ...emptyForm, target: '/tmp/x', include: '*.txt', withDeleted: true }, false)
  const seen = await sealedOrder(order, opened)
  expect(seen).toMatchObject({ paths: [], target: { path: '/tmp/x' }, sealedSelection: 'sealed 1' })
  expect(seen).not.toHaveProperty('include')
  expect(JSON.stringify(seen)).not.toMatch(/quinces|\.txt/)
  const { kind: _, ...restore } = order
  expect(sealed).toEqual([restore])
  expect(await sealedOrder(order, managed)).toBe(order)
})

test('an order for everything is sealed too: the device takes none from the hub alone', async () => {
  sealed = []
  const order = restoreOrder(snapshot, [], { ...emptyForm, target: '/tmp/x' }, true)
  expect(await sealedOrder(order, opened)).toEqual({ ...order, sealedSelection: 'sealed 1' })
  expect(sealed).toMatchObject([{ snapshotId: snapshot.id, paths: [], dryRun: true }])
})

test('what was chosen before the vault was locked goes nowhere', async () => {
  const order = restoreOrder(snapshot, paths, { ...emptyForm, target: '/tmp/x', include: '*.txt' }, false)
  for (const source of [null, managed.source])
    await expect(sealedOrder(order, { isPrivate: true, source, agentId })).rejects.toMatchObject({ code: 'vault.private' })
})

test('a look is text where it is text, also cut within a letter, and nothing where it is not', () => {
  const umlauts = new TextEncoder().encode('äöü')
  expect(textOf(umlauts.slice(0, 5), 6)).toEqual({ kind: 'text', text: 'äö', isCut: true })
  expect(textOf(umlauts, 6)).toEqual({ kind: 'text', text: 'äöü', isCut: false })
  expect(textOf(Uint8Array.of(0x61, 0, 0x62), 3)).toEqual({ kind: 'nothing' })
  expect(textOf(Uint8Array.of(0xff, 0xfe), 2)).toEqual({ kind: 'nothing' })
})
