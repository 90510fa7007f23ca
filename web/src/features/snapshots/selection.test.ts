import { describe, expect, test } from 'vitest'
import { ref, shallowRef } from 'vue'
import { anEntry } from '../../testing/world.ts'
import { chosenOf, chosenPart, noSelection, type Selection } from './selection.ts'
import { useSelection } from './use-selection.ts'

const entries = ['a', 'b', 'c', 'd', 'e'].map((name) => anEntry(`/${name}`, { size: 10 }))
const choose = (shown = entries) => {
  const selection = shallowRef<Selection>(noSelection)
  return { ...useSelection(selection, ref(shown)), chosen: () => [...selection.value].sort().join(' '), selection }
}

test('what could not be saved is not restored, and leaves an order of nothing rather than of everything', () => {
  const locked = anEntry('/locked', { type: 'error' })
  const all = [...entries, locked]
  expect(chosenOf(new Set(['/locked']), all, 6)).toMatchObject({ entries: [locked], restorable: [], isWhole: false })
  expect(chosenOf(new Set(['/locked', '/a']), all, 6).restorable).toEqual([entries[0]])
})

test('a folder of which something deleted is chosen is not asked for as a whole, which would leave that out', () => {
  const deleted = anEntry('/old', { deletedAtMs: 1 })
  expect(chosenOf(new Set(['/a', '/b', '/c', '/d', '/e']), entries, 5).isWhole).toBe(true)
  expect(chosenOf(new Set(['/a', '/old']), [entries[0]!, deleted], 2)).toMatchObject({ isWhole: false, restorable: [entries[0], deleted] })
})

describe('choosing rows', () => {
  test('toggles one, and with Shift all between as the first one is', () => {
    const { toggle, chosen } = choose()
    toggle(3, false)
    toggle(1, true)
    expect(chosen()).toBe('/b /c /d')
    toggle(2, false)
    expect(chosen()).toBe('/b /d')
    toggle(4, true)
    expect(chosen(), 'the first one of the range is not chosen any more').toBe('/b')
  })

  test('goes on with the keyboard from where it began, in both directions', () => {
    const { extend, chosen, clear } = choose()
    extend(2, 3)
    extend(3, 4)
    expect(chosen()).toBe('/c /d /e')
    clear()
    extend(1, 0)
    expect(chosen()).toBe('/a /b')
  })

  test('of all is of all that is shown, and keeps what the filter hides', () => {
    const { toggle, toggleAll, chosen, selection } = choose()
    toggle(4, false)
    const shown = entries.slice(0, 2)
    const narrowed = useSelection(selection, ref(shown))
    narrowed.toggleAll()
    expect(chosen()).toBe('/a /b /e')
    expect([chosenPart(selection.value, shown), chosenPart(selection.value, entries)]).toEqual(['all', 'some'])
    narrowed.toggleAll()
    expect(chosen()).toBe('/e')
    toggleAll()
    expect(chosenOf(selection.value, entries, 5)).toMatchObject({ bytes: 50, isWhole: true })
    expect(chosenOf(selection.value, entries, 6).isWhole, 'not all entries of the folder are loaded').toBe(false)
  })
})
