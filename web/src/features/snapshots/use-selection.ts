import type { SnapshotEntry } from '@holdfast/shared-types'
import { ref, type Ref } from 'vue'
import { changeSelection, chosenPart, keyOfEntry, noSelection, rangeOf, type Selection } from './selection.ts'

/** Choosing rows: one by one, a range from the last one, or all that is shown. @param shown as filtered and sorted */
export function useSelection(selection: Ref<Selection>, shown: Readonly<Ref<readonly SnapshotEntry[]>>) {
  /** The entry where a range begins: its place changes with filter and order. */
  const anchor = ref<string | null>(null)
  const placeOfAnchor = (): number => shown.value.findIndex((entry) => keyOfEntry(entry) === anchor.value)

  function toggle(index: number, isRange: boolean): void {
    const entry = shown.value[index]
    if (entry === undefined) return
    const start = isRange ? placeOfAnchor() : -1
    if (start === -1) {
      selection.value = changeSelection(selection.value, [entry], !selection.value.has(keyOfEntry(entry)))
      anchor.value = keyOfEntry(entry)
    } else {
      // As in every file manager: the range becomes what its first row is.
      selection.value = changeSelection(selection.value, rangeOf(shown.value, start, index), selection.value.has(anchor.value ?? ''))
    }
  }

  /** With the keyboard: from where the focus is, on to the next row. */
  function extend(from: number, to: number): void {
    if (placeOfAnchor() === -1) {
      const first = shown.value[from]
      anchor.value = first === undefined ? null : keyOfEntry(first)
    }
    selection.value = changeSelection(selection.value, rangeOf(shown.value, placeOfAnchor(), to), true)
  }

  function toggleAll(): void {
    selection.value = changeSelection(selection.value, shown.value, chosenPart(selection.value, shown.value) !== 'all')
  }

  function clear(): void {
    selection.value = noSelection
    anchor.value = null
  }

  return { toggle, extend, toggleAll, clear }
}
