import type { SnapshotEntry } from '@holdfast/shared-types'
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import type { EntrySource } from './entry-source.ts'
import type { SnapshotPath } from './snapshot-path.ts'

// The first page is small so that something is there at once; the rest comes in the largest pages the hub gives.
const firstPage = 1000
const nextPages = 10_000
// 100,000 entries are some 60 MB in the browser: beyond that only on request.
const mostAtOnce = 100_000

const keyOf = ({ text, raw }: SnapshotPath): string => `${text} ${raw?.join() ?? ''}`

/** The entries of one folder of a snapshot; follows the path, and where its entries come from. Without a source there is nothing, and no trouble. */
export function useFolder(source: Readonly<Ref<EntrySource | null>>, path: Readonly<Ref<SnapshotPath>>) {
  const folder = shallowRef<SnapshotEntry | null>(null)
  const entries = shallowRef<readonly SnapshotEntry[]>([])
  const total = ref(0)
  const isLoaded = ref(false)
  const isReadingOn = ref(false)
  const error = shallowRef<unknown>(null)
  let reading = new AbortController()

  async function readPage(from: EntrySource, limit: number, signal: AbortSignal): Promise<void> {
    const page = await from.list(path.value, { after: entries.value.length, limit }, signal)
    // Who reads in this page cannot take an answer back that is on its way.
    signal.throwIfAborted()
    folder.value = page.folder
    total.value = page.items.length === 0 ? entries.value.length : page.total
    entries.value = [...entries.value, ...page.items]
    isLoaded.value = true
  }

  async function readTo(most: number): Promise<void> {
    const { signal } = reading
    const from = source.value
    if (from === null) return
    isReadingOn.value = true
    error.value = null
    try {
      if (!isLoaded.value) await readPage(from, firstPage, signal)
      while (entries.value.length < Math.min(total.value, most)) await readPage(from, nextPages, signal)
    } catch (cause) {
      if (!signal.aborted) error.value = cause
    } finally {
      if (!signal.aborted) isReadingOn.value = false
    }
  }

  function open(): void {
    reading.abort()
    reading = new AbortController()
    folder.value = null
    entries.value = []
    total.value = 0
    isLoaded.value = false
    error.value = null
    void readTo(mostAtOnce)
  }

  watch([() => keyOf(path.value), source], open, { immediate: true })
  onScopeDispose(() => reading.abort())

  const hasMore = computed(() => !isReadingOn.value && entries.value.length < total.value)
  const readOn = () => readTo(entries.value.length + mostAtOnce)
  return { folder, entries, total, isLoaded, isReadingOn, hasMore, error, readOn, retry: () => readTo(mostAtOnce) }
}
