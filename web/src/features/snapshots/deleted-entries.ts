import type { SnapshotEntry } from '@holdfast/shared-types'
import { computed, ref, type Ref } from 'vue'

interface Folder {
  readonly folder: Readonly<Ref<SnapshotEntry | null>>
  readonly entries: Readonly<Ref<readonly SnapshotEntry[]>>
  readonly total: Readonly<Ref<number>>
}

const isThere = ({ deletedAtMs }: SnapshotEntry): boolean => deletedAtMs === null

/**
 * Entries of a folder without those that were deleted on the device and are kept, until they are asked for; then in every folder. In one
 * that was deleted itself all is, and all is shown: somebody has gone there to see it.
 */
export function useDeletedEntries({ folder, entries, total }: Folder) {
  const isShown = ref(false)
  const isAllDeleted = computed(() => folder.value !== null && !isThere(folder.value))
  const there = computed(() => entries.value.filter(isThere))
  const deletedCount = computed(() => entries.value.length - there.value.length)
  const isHiding = computed(() => !isShown.value && !isAllDeleted.value && deletedCount.value > 0)
  return {
    isShown,
    isAllDeleted,
    deletedCount,
    entries: computed(() => (isHiding.value ? there.value : entries.value)),
    total: computed(() => (isHiding.value ? total.value - deletedCount.value : total.value)),
  }
}
