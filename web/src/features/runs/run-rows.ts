import type { Run } from '@holdfast/shared-types'
import { useWindowVirtualizer } from '@tanstack/vue-virtual'
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { usePageTop } from '../../platform/browser/page-top.ts'

// As RunTable's rows are: 56 px and the line between two.
const rowHeightPx = 57
// So close to the end, the next part is on its way before it is reached.
const rowsAhead = 30
// Further down than this, somebody reads: nothing may push the rows away under their eyes.
const topZonePx = 120

interface RowsParts {
  readonly runs: Readonly<Ref<readonly Run[]>>
  readonly list: Readonly<Ref<HTMLElement | null>>
  readonly hasMore: Readonly<Ref<boolean>>
  readonly showMore: () => Promise<void>
}

/** The rows in sight of a list without end, which grows at its top while somebody may be reading further down. */
export function useRunRows({ runs, list, hasMore, showMore }: RowsParts) {
  const isAtTop = ref(true)
  /** The newest run when the reader left the top; newer ones wait until they come back. */
  const newest = shallowRef<Run | null>(null)
  const settled = computed(() => {
    const last = newest.value
    if (last === null) return runs.value
    const from = runs.value.findIndex(({ createdAtMs }) => createdAtMs <= last.createdAtMs)
    return from <= 0 ? runs.value : runs.value.slice(from)
  })
  const waiting = computed(() => runs.value.length - settled.value.length)

  const onScroll = () => (isAtTop.value = window.scrollY < topZonePx)
  window.addEventListener('scroll', onScroll, { passive: true })
  onScopeDispose(() => window.removeEventListener('scroll', onScroll))
  watch(isAtTop, (atTop) => (newest.value = atTop ? null : (runs.value[0] ?? null)))

  const offsetPx = usePageTop(list)
  const virtualizer = useWindowVirtualizer(
    computed(() => ({
      count: settled.value.length,
      estimateSize: () => rowHeightPx,
      overscan: 10,
      scrollMargin: offsetPx.value,
      getItemKey: (index: number) => settled.value[index]?.id ?? index,
    })),
  )
  const items = computed(() => virtualizer.value.getVirtualItems())
  const shown = computed(() => items.value.flatMap(({ index }) => settled.value[index] ?? []))
  const room = computed(() => {
    const first = items.value[0]
    const last = items.value.at(-1)
    return {
      abovePx: (first?.start ?? offsetPx.value) - offsetPx.value,
      belowPx: Math.max(0, settled.value.length - (last === undefined ? 0 : last.index + 1)) * rowHeightPx,
      firstIndex: first?.index ?? 0,
      total: hasMore.value ? null : settled.value.length,
    }
  })
  watch(
    () => [items.value.at(-1)?.index ?? 0, settled.value.length, hasMore.value] as const,
    ([lastIndex, length, more]) => {
      if (more && length > 0 && lastIndex >= length - rowsAhead) void showMore()
    },
  )

  const toTop = () => window.scrollTo({ top: 0 })
  return { shown, room, waiting, toTop }
}
