import type { LogLine } from '@holdfast/shared-types'
import { useVirtualizer } from '@tanstack/vue-virtual'
import { computed, nextTick, watch, type ComponentPublicInstance, type Ref } from 'vue'
import { useFollowEnd } from './follow-end.ts'

// One line of 12 px text with its padding; longer messages wrap and are measured.
const lineHeightPx = 22

interface LogViewParts {
  readonly shown: Readonly<Ref<readonly LogLine[]>>
  readonly isActive: () => boolean
  readonly box: Readonly<Ref<HTMLElement | null>>
  readonly content: Readonly<Ref<HTMLElement | null>>
  /** Changes when all lines have another height. */
  readonly wraps: Readonly<Ref<boolean>>
}

/** The part of a log that is in sight, and whether it follows the end. */
export function useLogView({ wraps, ...parts }: LogViewParts) {
  const { shown, isActive, box } = parts
  const { isFollowing, newLines, onScroll } = useFollowEnd(parts)
  const virtualizer = useVirtualizer(
    computed(() => ({
      count: shown.value.length,
      getScrollElement: () => box.value,
      estimateSize: () => lineHeightPx,
      getItemKey: (index: number) => shown.value[index]?.seq ?? index,
      overscan: 12,
    })),
  )
  const measure = (element: Element | ComponentPublicInstance | null) =>
    element instanceof Element && virtualizer.value.measureElement(element)
  const rows = computed(() =>
    virtualizer.value.getVirtualItems().flatMap((item) => {
      const line = shown.value[item.index]
      return line === undefined ? [] : [{ item, line }]
    }),
  )
  const totalPx = computed(() => virtualizer.value.getTotalSize())
  watch(wraps, () => nextTick(() => virtualizer.value.measure()))

  function goTo(index: number): void {
    isFollowing.value = false
    virtualizer.value.scrollToIndex(index, { align: 'center' })
  }

  /** To the newest line: a run at work is followed from there on. */
  function goToEnd(): void {
    if (isActive()) isFollowing.value = true
    else if (shown.value.length > 0) virtualizer.value.scrollToIndex(shown.value.length - 1, { align: 'end' })
  }

  return { rows, totalPx, measure, isFollowing, newLines, onScroll, goTo, goToEnd }
}
