import type { Ref } from 'vue'
import type { EntryRow, TreeRow } from './tree-rows.ts'

// About a screenful.
const pageStep = 10
// A pause that begins a new word.
const wordRestMs = 700

interface TreeKeysOptions {
  readonly rows: Readonly<Ref<readonly TreeRow[]>>
  readonly activeIndex: Readonly<Ref<number>>
  readonly moveTo: (index: number) => void
  readonly open: (row: EntryRow) => void
  readonly close: (row: EntryRow) => void
  readonly toggle: (row: EntryRow) => void
  /** What Enter does on a line that is no entry: read on, or try again. */
  readonly act: (row: TreeRow) => void
}

/** Letters that are typed one soon after the other make a word, and look for the next entry that begins with it. */
function typeAhead(rows: TreeKeysOptions['rows'], activeIndex: TreeKeysOptions['activeIndex'], moveTo: TreeKeysOptions['moveTo']) {
  let word = ''
  let lastKeyMs = -Infinity
  return {
    end: (): void => void (word = ''),
    add(letter: string, nowMs: number): void {
      word = nowMs - lastKeyMs > wordRestMs ? letter : word + letter
      lastKeyMs = nowMs
      const wanted = word.toLocaleLowerCase()
      const { length } = rows.value
      // A word that grows may stay where it is; a first letter goes on.
      const start = activeIndex.value + (word.length === 1 ? 1 : 0)
      for (let step = 0; step < length; step += 1) {
        const index = (start + step) % length
        const row = rows.value[index]
        if (row?.kind === 'entry' && row.entry.name.toLocaleLowerCase().startsWith(wanted)) return moveTo(index)
      }
    },
  }
}

/** The keyboard's way through a tree, by the ARIA pattern: arrows move, open and close, Space chooses, letters look for a name. */
export function useTreeKeys({ rows, activeIndex, moveTo, open, close, toggle, act }: TreeKeysOptions) {
  const words = typeAhead(rows, activeIndex, moveTo)

  function goRight(row: TreeRow): void {
    if (row.kind !== 'entry' || row.entry.type !== 'folder') return
    if (row.isExpanded) moveTo(activeIndex.value + 1)
    else open(row)
  }

  function goLeft(row: TreeRow): void {
    if (row.kind === 'entry' && row.isExpanded) return close(row)
    const above = rows.value.slice(0, activeIndex.value).findLastIndex((other) => other.kind === 'entry' && other.level < row.level)
    if (above !== -1) moveTo(above)
  }

  function enter(row: TreeRow): void {
    if (row.kind !== 'entry') return act(row)
    if (row.entry.type !== 'folder') return toggle(row)
    if (row.isExpanded) close(row)
    else open(row)
  }

  const ways: Readonly<Record<string, (row: TreeRow) => void>> = {
    ArrowDown: () => moveTo(activeIndex.value + 1),
    ArrowUp: () => moveTo(activeIndex.value - 1),
    PageDown: () => moveTo(activeIndex.value + pageStep),
    PageUp: () => moveTo(activeIndex.value - pageStep),
    Home: () => moveTo(0),
    End: () => moveTo(rows.value.length - 1),
    ArrowRight: goRight,
    ArrowLeft: goLeft,
    Enter: enter,
    ' ': (row) => (row.kind === 'entry' ? toggle(row) : act(row)),
  }

  return (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const row = rows.value[activeIndex.value]
    const way = ways[event.key]
    if (row !== undefined && way !== undefined) {
      event.preventDefault()
      words.end()
      way(row)
    } else if (event.key.length === 1) {
      event.preventDefault()
      words.add(event.key, event.timeStamp)
    }
  }
}
