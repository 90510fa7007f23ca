import type { SnapshotEntry } from '@holdfast/shared-types'
import { defaultRangeExtractor, useWindowVirtualizer } from '@tanstack/vue-virtual'
import { computed, nextTick, ref, watch, type Ref } from 'vue'
import { useMedia } from '../../platform/browser/media.ts'

// One line from `sm` on; two lines, and room for a thumb, below.
const oneLinePx = 44
const twoLinesPx = 58
// What the phone's bars cover at either end of the screen.
const coveredPx = 64
const pageStep = 12

interface FolderRowPlace {
  readonly key: string
  readonly entry: SnapshotEntry
  readonly index: number
  readonly startPx: number
  readonly heightPx: number
}

/**
 * Which rows of a folder are on the screen, and the keyboard's way through them: arrows, Home, End and page keys move,
 * a letter starts the filter. One row is active; it alone is in the tab order and is never unmounted, so focus is not lost.
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

  async function moveTo(index: number): Promise<void> {
    const next = Math.max(0, Math.min(entries.value.length - 1, index))
    activeIndex.value = next
    virtualizer.value.scrollToIndex(next)
    await nextTick()
    list.value?.querySelector<HTMLElement>(`[data-index="${next}"] [data-entry]`)?.focus({ preventScroll: true })
  }

  const steps: Readonly<Record<string, () => number>> = {
    ArrowDown: () => activeIndex.value + 1,
    ArrowUp: () => activeIndex.value - 1,
    PageDown: () => activeIndex.value + pageStep,
    PageUp: () => activeIndex.value - pageStep,
    Home: () => 0,
    End: () => entries.value.length - 1,
  }

  function onKeydown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const step = steps[event.key]
    if (step !== undefined) {
      event.preventDefault()
      void moveTo(step())
    } else if (event.key.length === 1 && event.key !== ' ') {
      event.preventDefault()
      startFilter(event.key)
    }
  }

  return { rows, totalHeightPx: computed(() => virtualizer.value.getTotalSize()), activeIndex, onKeydown }
}
