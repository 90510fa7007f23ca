import type { SnapshotEntry } from '@holdfast/shared-types'
import type { Ref } from 'vue'

// About a screenful.
const pageStep = 12
// A third of a second: scrolling is one frame, rendering another; the rest is patience with a slow phone.
const mostFrames = 20

export interface RowKeysOptions {
  readonly entries: Readonly<Ref<readonly SnapshotEntry[]>>
  readonly list: Readonly<Ref<HTMLElement | null>>
  readonly activeIndex: Ref<number>
  readonly scrollTo: (index: number) => void
  /** Called with the first letter typed. */
  readonly startFilter: (text: string) => void
  readonly selection: {
    readonly toggle: (index: number, isRange: boolean) => void
    readonly extend: (from: number, to: number) => void
    readonly toggleAll: () => void
    readonly clear: () => void
  }
}

/** The keyboard's way through the rows of a folder: arrows, Home, End and page keys move, with Shift they choose, Space chooses one, Ctrl+A all; a letter starts the filter. */
export function useRowKeys({ entries, list, activeIndex, scrollTo, startFilter, selection }: RowKeysOptions) {
  async function moveTo(index: number): Promise<void> {
    const next = Math.max(0, Math.min(entries.value.length - 1, index))
    activeIndex.value = next
    scrollTo(next)
    // A row far away is there only after the browser has scrolled.
    for (let frame = 0; frame < mostFrames; frame += 1) {
      await new Promise(requestAnimationFrame)
      const row = list.value?.querySelector<HTMLElement>(`[data-index="${next}"] [data-entry]`)
      if (row !== null && row !== undefined) return row.focus({ preventScroll: true })
      if (activeIndex.value !== next) return
    }
  }

  const steps: Readonly<Record<string, () => number>> = {
    ArrowDown: () => activeIndex.value + 1,
    ArrowUp: () => activeIndex.value - 1,
    PageDown: () => activeIndex.value + pageStep,
    PageUp: () => activeIndex.value - pageStep,
    Home: () => 0,
    End: () => entries.value.length - 1,
  }

  /** Boxes and buttons of a row answer to Space by themselves; the entry's own button opens on Enter. */
  const isOnEntry = ({ target }: KeyboardEvent): boolean =>
    target instanceof HTMLElement && (target.dataset['entry'] !== undefined || target.getAttribute('role') === 'grid')

  function onKeydown(event: KeyboardEvent): void {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'a') {
      event.preventDefault()
      selection.toggleAll()
      return
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const step = steps[event.key]
    if (step !== undefined) {
      event.preventDefault()
      const from = activeIndex.value
      const next = Math.max(0, Math.min(entries.value.length - 1, step()))
      if (event.shiftKey) selection.extend(from, next)
      void moveTo(next)
    } else if (event.key === ' ' && isOnEntry(event)) {
      event.preventDefault()
      selection.toggle(activeIndex.value, event.shiftKey)
    } else if (event.key === 'Escape') selection.clear()
    else if (event.key.length === 1 && event.key !== ' ') {
      event.preventDefault()
      startFilter(event.key)
    }
  }

  /** A button is pressed when Space is let go. */
  function onKeyup(event: KeyboardEvent): void {
    if (event.key === ' ' && isOnEntry(event)) event.preventDefault()
  }

  return { onKeydown, onKeyup }
}
