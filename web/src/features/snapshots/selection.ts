import type { SnapshotEntry } from '@holdfast/shared-types'
import { shownSize } from './sort-entries.ts'

/** Chosen entries of one folder, by their paths. */
export type Selection = ReadonlySet<string>

export const noSelection: Selection = new Set()

export const keyOfEntry = ({ path, pathBase64 }: Pick<SnapshotEntry, 'path' | 'pathBase64'>): string => pathBase64 ?? path

/** With these entries in it, or out of it. */
export function changeSelection(selection: Selection, entries: readonly SnapshotEntry[], isOn: boolean): Selection {
  const next = new Set(selection)
  for (const entry of entries) {
    if (isOn) next.add(keyOfEntry(entry))
    else next.delete(keyOfEntry(entry))
  }
  return next
}

/** From the row that was chosen last to this one, whichever stands higher. */
export const rangeOf = (entries: readonly SnapshotEntry[], from: number, to: number): readonly SnapshotEntry[] =>
  entries.slice(Math.min(from, to), Math.max(from, to) + 1)

/** How much of what is shown is chosen: what the box above the rows says. */
export function chosenPart(selection: Selection, shown: readonly SnapshotEntry[]): 'none' | 'some' | 'all' {
  if (selection.size === 0 || shown.length === 0) return 'none'
  const chosen = shown.reduce((sum, entry) => sum + (selection.has(keyOfEntry(entry)) ? 1 : 0), 0)
  return chosen === 0 ? 'none' : chosen === shown.length ? 'all' : 'some'
}

export interface Chosen {
  readonly entries: readonly SnapshotEntry[]
  /** Those of them that were saved. None of them must not become an order for everything, which has no paths. */
  readonly restorable: readonly SnapshotEntry[]
  readonly bytes: number
  /** All that the folder holds, and nothing of it deleted: then the folder itself can be asked for, which brings what is there. */
  readonly isWhole: boolean
}

/** @param total entries in the folder, of which `entries` may be a part */
export function chosenOf(selection: Selection, entries: readonly SnapshotEntry[], total: number): Chosen {
  const chosen = selection.size === 0 ? [] : entries.filter((entry) => selection.has(keyOfEntry(entry)))
  return {
    entries: chosen,
    restorable: chosen.filter(({ type }) => type !== 'error'),
    bytes: chosen.reduce((sum, entry) => sum + shownSize(entry), 0),
    isWhole: chosen.length > 0 && chosen.length === total && chosen.every(({ deletedAtMs }) => deletedAtMs === null),
  }
}
