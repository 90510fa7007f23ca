import type { SnapshotEntry, SnapshotId } from '@holdfast/shared-types'
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { queryOfPath, type SnapshotPath } from './snapshot-path.ts'

// The first page is small so that something is there at once; the rest comes in the largest pages the hub gives.
const firstPage = 1000
const nextPages = 10_000
// 100,000 entries are some 60 MB in the browser: beyond that only on request.
const mostAtOnce = 100_000

/** The entries of one folder of a snapshot; follows the path. */
export function useFolder(snapshotId: SnapshotId, path: Readonly<Ref<SnapshotPath>>) {
  const folder = shallowRef<SnapshotEntry | null>(null)
  const entries = shallowRef<readonly SnapshotEntry[]>([])
  const total = ref(0)
  const isLoaded = ref(false)
  const isReadingOn = ref(false)
  const error = shallowRef<unknown>(null)
  let reading = new AbortController()

  async function readPage(limit: number, signal: AbortSignal): Promise<void> {
    const query = { ...queryOfPath(path.value), after: entries.value.length, limit }
    const page = await callHub('listEntries', { params: { snapshotId }, query, signal })
    folder.value = page.folder
    total.value = page.items.length === 0 ? entries.value.length : page.total
    entries.value = [...entries.value, ...page.items]
    isLoaded.value = true
  }

  async function readTo(most: number): Promise<void> {
    const { signal } = reading
    isReadingOn.value = true
    error.value = null
    try {
      if (!isLoaded.value) await readPage(firstPage, signal)
      while (entries.value.length < Math.min(total.value, most)) await readPage(nextPages, signal)
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
    void readTo(mostAtOnce)
  }

  watch(() => `${path.value.text} ${path.value.raw?.join() ?? ''}`, open, { immediate: true })
  onScopeDispose(() => reading.abort())

  const hasMore = computed(() => !isReadingOn.value && entries.value.length < total.value)
  return {
    folder,
    entries,
    total,
    isLoaded,
    isReadingOn,
    hasMore,
    error,
    readOn: () => readTo(entries.value.length + mostAtOnce),
    retry: () => readTo(mostAtOnce),
  }
}
