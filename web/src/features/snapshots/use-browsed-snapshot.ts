import type { SnapshotId } from '@holdfast/shared-types'
import { computed, watch, type Ref } from 'vue'
import { useRouter } from 'vue-router'
import { hasCode } from '../../platform/errors/api-error.ts'
import { provideSealed, sealedLink } from './folder-link.ts'
import { useSnapshot } from './read-snapshot.ts'
import { useShownFolder } from './shown-folder.ts'
import type { SnapshotPath } from './snapshot-path.ts'
import { useDescribed, useEntrySource } from './use-entry-source.ts'

interface BrowsedPlace {
  readonly path: Readonly<Ref<SnapshotPath>>
  /** The path is in no address. */
  readonly isSealed: Readonly<Ref<boolean>>
}

/** An address that was written before anybody knew that the vault is private is left for one without names. */
function hideNames(snapshotId: SnapshotId, { path, isSealed }: BrowsedPlace, isPrivate: Readonly<Ref<boolean>>): void {
  const router = useRouter()
  watch(
    [isPrivate, path, isSealed],
    () => isPrivate.value && !isSealed.value && path.value.text !== '' && void router.replace(sealedLink(snapshotId, path.value)),
    { immediate: true },
  )
}

/** One folder of one snapshot, from wherever it can be read. @param tellMissing called where there is no such snapshot */
export function useBrowsedSnapshot(snapshotId: SnapshotId, place: BrowsedPlace, tellMissing: () => void) {
  const { snapshot: known, error: snapshotError, read, take } = useSnapshot(snapshotId, tellMissing)
  const { path, isSealed } = place
  const { sourceOf, isPrivate, isLocked, learnFrom } = useEntrySource(known, isSealed)
  provideSealed(isPrivate)
  hideNames(snapshotId, place, isPrivate)
  const source = computed(() => sourceOf(snapshotId))
  const folder = useShownFolder(source, path)
  watch([folder.error, known], () => learnFrom(folder.error.value))
  // What the hub cannot read is no trouble: the page asks for what opens it.
  const folderError = computed(() => (hasCode(folder.error.value, 'vault.private') ? null : folder.error.value))
  return { ...useDescribed(known, source), snapshotError, read, take, source, sourceOf, isPrivate, isLocked, folder, folderError }
}
