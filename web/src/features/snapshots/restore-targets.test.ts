import { expect, test } from 'vitest'
import { aDevice, anUuid, aSnapshot } from '../../testing/world.ts'
import { firstTarget, restoreTargets } from './restore-targets.ts'

const maker = aDevice({ name: 'laptop' })
const successor = aDevice({ name: 'a successor' })
const snapshot = aSnapshot(maker)
const namesOf = (devices: readonly { readonly name: string }[]) => devices.map(({ name }) => name)

test('the own device comes first and is chosen; others where they have its keys and its system', () => {
  const others = [
    aDevice({ name: 'other vault', vaultId: anUuid() }),
    aDevice({ name: 'other domain', domainId: anUuid() }),
    aDevice({ name: 'other system', host: { ...maker.host, os: 'windows' } }),
    aDevice({ name: 'removed', revokedAtMs: 1 }),
  ]
  const targets = restoreTargets(snapshot, [successor, ...others, maker])
  expect(namesOf(targets)).toEqual(['laptop', 'a successor'])
  expect(firstTarget(snapshot, targets)).toBe(maker.id)
})

test('of a device that is removed or gone nobody chooses for the person', () => {
  const removed = restoreTargets(snapshot, [{ ...maker, revokedAtMs: 1 }, successor, aDevice({ domainId: anUuid() })])
  expect([namesOf(removed), firstTarget(snapshot, removed)]).toEqual([['a successor'], null])
  expect(namesOf(restoreTargets(snapshot, [successor, aDevice({ vaultId: anUuid() })]))).toEqual(['a successor'])
  expect(restoreTargets(snapshot, [])).toEqual([])
})
