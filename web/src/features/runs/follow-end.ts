import type { LogLine } from '@holdfast/shared-types'
import { computed, onBeforeUnmount, onMounted, ref, watch, type Ref } from 'vue'

// Closer than this to the end counts as being there.
const endZonePx = 24
// A wheel, a finger or a key moves the log at once, the bar at its side for as long as it is held.
const handMs = 1_000
const dragMs = 15_000

interface EndParts {
  readonly shown: Readonly<Ref<readonly LogLine[]>>
  readonly isActive: () => boolean
  readonly box: Readonly<Ref<HTMLElement | null>>
  readonly content: Readonly<Ref<HTMLElement | null>>
}

/** Keeps a log that grows at its end, until its reader scrolls up; scrolling down to the end takes hold of it again. */
export function useFollowEnd({ shown, isActive, box, content }: EndParts) {
  const isFollowing = ref(isActive())
  /** Number of the last line when the reader let go of the end: what comes after it is new to them. */
  let seenSeq = 0
  // Lines that get their true height move the log, too, and so does a window that changes its size: that is nobody's wish.
  let handUntilMs = 0
  const byHand = (event: Event) => (handUntilMs = performance.now() + (event.type === 'pointerdown' ? dragMs : handMs))
  const hands = ['wheel', 'touchmove', 'keydown', 'pointerdown'] as const

  function toEnd(): void {
    if (isFollowing.value && box.value !== null) box.value.scrollTop = box.value.scrollHeight
  }
  watch(isFollowing, (follows) => {
    if (follows) toEnd()
    else seenSeq = shown.value.at(-1)?.seq ?? 0
  })
  // By the height on the page and not by the number of lines: lines are measured when they come into sight, after the update.
  const heights = new ResizeObserver(toEnd)
  onMounted(() => {
    for (const element of [box.value, content.value]) if (element !== null) heights.observe(element)
    for (const hand of hands) box.value?.addEventListener(hand, byHand, { passive: true })
  })
  onBeforeUnmount(() => heights.disconnect())

  let lastTop = 0
  function onScroll(): void {
    const element = box.value
    if (element === null) return
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < endZonePx
    if (performance.now() < handUntilMs) {
      if (element.scrollTop < lastTop - 1 && !isAtEnd) isFollowing.value = false
      else if (element.scrollTop > lastTop && isAtEnd && isActive()) isFollowing.value = true
    }
    lastTop = element.scrollTop
  }

  /** Lines that came since the reader let go of the end. */
  const newLines = computed(() => {
    if (isFollowing.value || !isActive()) return 0
    let first = shown.value.length
    while (first > 0 && (shown.value[first - 1]?.seq ?? 0) > seenSeq) first -= 1
    return shown.value.length - first
  })

  return { isFollowing, newLines, onScroll }
}
