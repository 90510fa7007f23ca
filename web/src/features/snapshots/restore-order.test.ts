import { expect, test } from 'vitest'
import { aDevice, aSnapshot } from '../../testing/world.ts'
import { emptyForm, mayReplace, mistakeOf, restoredPlaces, restoreOrder } from './restore-order.ts'

const snapshot = aSnapshot(aDevice(), { roots: [{ path: '/home' }] })
const docs = { text: '/home/ada/docs', raw: null }
const bad = { text: '/home/caf\uFFFD', raw: Uint8Array.from(Buffer.from('/home/caf\xe9', 'latin1')) }

test('an order says what the form does, and a look the same but for writing', () => {
  const form = { ...emptyForm, target: ' /tmp/x ', flat: true, include: '*.odt\n\n  *.txt ' }
  const order = restoreOrder(snapshot, [docs, bad], form, false)
  expect(order).toMatchObject({
    target: { path: '/tmp/x' },
    // Chosen entries have no one root.
    flat: false,
    include: ['*.odt', '*.txt'],
    paths: [{ path: '/home/ada/docs' }, { path: '/home/caf\uFFFD', pathBase64: 'L2hvbWUvY2Fm6Q==' }],
  })
  expect({ ...restoreOrder(snapshot, [docs, bad], form, true), dryRun: false }).toEqual(order)
  expect(order).not.toHaveProperty('withDeleted')
  expect(restoreOrder(snapshot, [], { ...form, withDeleted: true }, false)).toMatchObject({ withDeleted: true })
  expect(restoreOrder(snapshot, [], form, false)).toMatchObject({ flat: true, paths: [] })
  expect(restoreOrder(snapshot, [], { ...form, place: 'original' }, false)).toMatchObject({ flat: false, target: null })
})

test('the places shown are those that the agent writes to', () => {
  const form = { ...emptyForm, target: '/tmp/x/' }
  expect(restoredPlaces(snapshot, [docs], form)).toEqual(['/tmp/x/home/ada/docs'])
  expect(restoredPlaces(snapshot, [], { ...form, flat: true })).toEqual(['/tmp/x'])
  expect(restoredPlaces(snapshot, [], { ...form, place: 'original' })).toEqual(['/home'])
  const windows = [{ text: 'C:/Users', raw: null }]
  expect(restoredPlaces(snapshot, windows, { ...form, target: 'D:\\back' })).toEqual(['D:\\back\\C\\Users'])
  expect(restoredPlaces(snapshot, [docs], { ...form, target: 'D:/' })).toEqual(['D:\\home\\ada\\docs'])
  expect(restoredPlaces(snapshot, [], { ...form, flat: true, target: 'D:\\' })).toEqual(['D:\\'])
  expect(restoredPlaces(snapshot, windows, form)).toEqual(['/tmp/x/C/Users'])
  expect(restoredPlaces(snapshot, [{ text: '/', raw: null }], { ...form, target: '/' })).toEqual(['/'])
  expect(restoredPlaces(snapshot, [docs], { ...form, target: 'relative' })).toEqual([])
})

test('warns only where something that stands there can be lost', () => {
  expect(mayReplace({ ...emptyForm, place: 'original' })).toBe(true)
  expect(mayReplace({ ...emptyForm, place: 'original', conflict: 'rename' })).toBe(false)
  expect(mistakeOf([], emptyForm)).toBe('target')
  expect(
    mistakeOf(
      Array.from({ length: 10_001 }, () => docs),
      { ...emptyForm, target: '/x' },
    ),
  ).toBe('too-many')
})
