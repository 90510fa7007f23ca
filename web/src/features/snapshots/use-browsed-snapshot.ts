import type { SnapshotId } from '@holdfast/shared-types'
import { computed, watch, type Ref } from 'vue'
import { hasCode } from '../../platform/errors/api-error.ts'
import { useSnapshot } from './read-snapshot.ts'
import { useShownFolder } from './shown-folder.ts'
import type { SnapshotPath } from './snapshot-path.ts'
import { useDescribed, useEntrySource } from './use-entry-source.ts'

/** One folder of one snapshot, from wherever it can be read. @param tellMissing called where there is no such snapshot */
export function useBrowsedSnapshot(snapshotId: SnapshotId, path: Readonly<Ref<SnapshotPath>>, tellMissing: () => void) {
  const { snapshot: known, error: snapshotError, read, take } = useSnapshot(snapshotId, tellMissing)
  const { sourceOf, isPrivate, isLocked, learnFrom } = useEntrySource(known)
  const source = computed(() => sourceOf(snapshotId))
  const folder = useShownFolder(source, path)
  watch([folder.error, known], () => learnFrom(folder.error.value))
  // What the hub cannot read is no trouble: the page asks for what opens it.
  const folderError = computed(() => (hasCode(folder.error.value, 'vault.private') ? null : folder.error.value))
  return { snapshot: useDescribed(known, source), snapshotError, read, take, source, sourceOf, isPrivate, isLocked, folder, folderError }
}
