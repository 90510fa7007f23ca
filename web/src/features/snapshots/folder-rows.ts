import type { SnapshotEntry } from '@holdfast/shared-types'
import { defaultRangeExtractor, useWindowVirtualizer } from '@tanstack/vue-virtual'
import { computed, ref, watch, type Ref } from 'vue'
import { useMedia } from '../../platform/browser/media.ts'
import { useRowKeys } from './row-keys.ts'

// One line from `sm` on; two lines, and room for a thumb, below.
const oneLinePx = 44
const twoLinesPx = 58
// What the phone's bars cover at either end of the screen.
const coveredPx = 64

interface FolderRowPlace {
  readonly key: string
  readonly entry: SnapshotEntry
  readonly index: number
  readonly startPx: number
  readonly heightPx: number
}

/**
 * Which rows of a folder are on the screen. One row is active; it alone is in the tab order and is never unmounted, so focus is
 * not lost.
 */
export function useFolderRows(entries: Ref<readonly SnapshotEntry[]>, list: Readonly<Ref<HTMLElement | null>>, startFilter: (text: string) => void) {
  const isOneLine = useMedia('(min-width: 40rem)')
  const heightPx = computed(() => (isOneLine.value ? oneLinePx : twoLinesPx))
  const activeIndex = ref(0)
  const listTopPx = ref(0)

  watch([list, entries], () => {
    listTopPx.value = list.value === null ? 0 : list.value.getBoundingClientRect().top + window.scrollY
    if (activeIndex.value >= entries.value.length) activeIndex.value = 0
  }, { flush: 'post' })

  const virtualizer = useWindowVirtualizer(
    computed(() => ({
      count: entries.value.length,
      estimateSize: () => heightPx.value,
      overscan: 8,
      scrollMargin: listTopPx.value,
      scrollPaddingStart: coveredPx,
      scrollPaddingEnd: coveredPx,
      rangeExtractor: (range) => [...new Set([...defaultRangeExtractor(range), activeIndex.value])].filter((index) => index < range.count).sort((a, b) => a - b),
    })),
  )
  watch(heightPx, () => virtualizer.value.measure())

  const rows = computed<FolderRowPlace[]>(() =>
    virtualizer.value.getVirtualItems().flatMap(({ index, start }) => {
      const entry = entries.value[index]
      if (entry === undefined) return []
      return [{ key: entry.pathBase64 ?? entry.path, entry, index, startPx: start - listTopPx.value, heightPx: heightPx.value }]
    }),
  )

  const { onKeydown } = useRowKeys({ entries, list, activeIndex, startFilter, scrollTo: (index) => virtualizer.value.scrollToIndex(index) })
  return { rows, totalHeightPx: computed(() => virtualizer.value.getTotalSize()), activeIndex, onKeydown }
}
