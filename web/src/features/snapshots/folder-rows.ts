import type { SnapshotEntry } from '@holdfast/shared-types'
import { useWindowVirtualizer } from '@tanstack/vue-virtual'
import { computed, ref, watch, type Ref } from 'vue'
import { useMedia } from '../../platform/browser/media.ts'
import { usePageTop } from '../../platform/browser/page-top.ts'
import { useRowKeys, type RowKeysOptions } from './row-keys.ts'

// One line from `sm` on; two lines, and room for a thumb, below.
const oneLinePx = 44
const twoLinesPx = 58
// What the phone's bars cover at either end of the screen.
const coveredPx = 64

interface FolderRowPlace {
  /** Of the element, not of the entry: a row that leaves the screen is used again for the one that comes. */
  readonly slot: number
  readonly entry: SnapshotEntry
  readonly index: number
  readonly startPx: number
  readonly heightPx: number
}

interface FolderRowsOptions {
  readonly entries: Ref<readonly SnapshotEntry[]>
  /** What holds the rows, and the grid round it, which can take the focus. */
  readonly list: Readonly<Ref<HTMLElement | null>>
  readonly grid: Readonly<Ref<HTMLElement | null>>
  readonly startFilter: (text: string) => void
  readonly selection: RowKeysOptions['selection']
}

/**
 * Which rows of a folder are on the screen. Elements are reused while scrolling: making nine rows a frame anew costs a
 * phone its smoothness. One row is active, and it alone is in the tab order.
 */
export function useFolderRows({ entries, list, grid, startFilter, selection }: FolderRowsOptions) {
  const isOneLine = useMedia('(min-width: 40rem)')
  const heightPx = computed(() => (isOneLine.value ? oneLinePx : twoLinesPx))
  const activeIndex = ref(0)
  const listTopPx = usePageTop(list)
  let slots = 0

  watch(entries, () => {
    if (activeIndex.value >= entries.value.length) activeIndex.value = 0
  })

  const virtualizer = useWindowVirtualizer(
    computed(() => ({
      count: entries.value.length,
      estimateSize: () => heightPx.value,
      overscan: 8,
      scrollMargin: listTopPx.value,
      scrollPaddingStart: coveredPx,
      scrollPaddingEnd: coveredPx,
    })),
  )
  watch(heightPx, () => virtualizer.value.measure())

  const rows = computed<FolderRowPlace[]>(() => {
    const items = virtualizer.value.getVirtualItems()
    slots = Math.max(slots, items.length)
    return items.flatMap(({ index, start }) => {
      const entry = entries.value[index]
      return entry === undefined ? [] : [{ slot: index % slots, entry, index, startPx: start - listTopPx.value, heightPx: heightPx.value }]
    })
  })
  /** Where Tab enters: the active row, or the first on the screen while that one is out of sight. */
  const tabIndex = computed(() =>
    rows.value.some(({ index }) => index === activeIndex.value) ? activeIndex.value : (rows.value[0]?.index ?? 0),
  )

  keepFocus(rows, list, grid)

  const keys = useRowKeys({
    entries,
    list,
    activeIndex,
    startFilter,
    selection,
    scrollTo: (index) => virtualizer.value.scrollToIndex(index),
  })
  return { rows, totalHeightPx: computed(() => virtualizer.value.getTotalSize()), activeIndex, tabIndex, ...keys }
}

/** Before the elements get other entries: focus must not land on an entry that nobody chose. The grid holds it, and arrows go on. */
function keepFocus(rows: Readonly<Ref<readonly FolderRowPlace[]>>, list: FolderRowsOptions['list'], grid: FolderRowsOptions['grid']): void {
  watch(
    rows,
    (next) => {
      const focused = document.activeElement?.closest<HTMLElement>('[data-index]')
      if (!focused || list.value?.contains(focused) !== true) return
      if (!next.some(({ index }) => String(index) === focused.dataset['index'])) grid.value?.focus({ preventScroll: true })
    },
    { flush: 'pre' },
  )
}
