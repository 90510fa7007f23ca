import type { SnapshotEntry } from '@holdfast/shared-types'
import { computed, ref, type Ref } from 'vue'
import type { EntrySource } from './entry-source.ts'
import { useFolder } from './folder.ts'
import type { SnapshotPath } from './snapshot-path.ts'

type Folder = Pick<ReturnType<typeof useFolder>, 'folder' | 'entries' | 'total'>

const isThere = ({ deletedAtMs }: SnapshotEntry): boolean => deletedAtMs === null

/**
 * Entries of a folder without those that were deleted on the device and are kept, until they are asked for; then in every folder. In one
 * that was deleted itself all is, and all is shown: somebody has gone there to see it.
 */
export function hideDeleted({ folder, entries, total }: Folder) {
  const isDeletedShown = ref(false)
  const isAllDeleted = computed(() => folder.value !== null && !isThere(folder.value))
  const there = computed(() => entries.value.filter(isThere))
  const deletedCount = computed(() => entries.value.length - there.value.length)
  const isHiding = computed(() => !isDeletedShown.value && !isAllDeleted.value && deletedCount.value > 0)
  return {
    isDeletedShown,
    isAllDeleted,
    deletedCount,
    entries: computed(() => (isHiding.value ? there.value : entries.value)),
    total: computed(() => (isHiding.value ? total.value - deletedCount.value : total.value)),
  }
}

/** A folder of a snapshot as it is shown; follows the path. */
export function useShownFolder(source: Readonly<Ref<EntrySource | null>>, path: Readonly<Ref<SnapshotPath>>) {
  const folder = useFolder(source, path)
  return { ...folder, ...hideDeleted(folder) }
}
