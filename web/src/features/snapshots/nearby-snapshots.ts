import type { Snapshot, SnapshotId } from '@holdfast/shared-types'
import { computed, onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import { hasCode } from '../../platform/errors/api-error.ts'
import type { EntrySource } from './entry-source.ts'
import type { SnapshotPath } from './snapshot-path.ts'
import { useSnapshotList } from './snapshot-list.ts'

/** A snapshot before or after, and whether it has the folder too; null: nobody knows yet. */
export interface NearbySnapshot {
  readonly snapshot: Snapshot
  readonly hasFolder: boolean | null
}

/** Where the entries of another snapshot come from; null: of a vault that is locked. */
export type SourceOf = (snapshotId: SnapshotId) => EntrySource | null

async function holdsFolder(source: EntrySource | null, path: SnapshotPath, signal: AbortSignal): Promise<boolean | null> {
  if (path.text === '') return true
  try {
    if (source === null) return null
    await source.list(path, { after: 0, limit: 1 }, signal)
    return true
  } catch (cause) {
    return hasCode(cause, 'snapshot.path-not-found') ? false : null
  }
}

/** The snapshots of the same device, newest first, and the two next to this one at the same folder. */
export function useNearbySnapshots(snapshot: Snapshot, path: Readonly<Ref<SnapshotPath>>, sourceOf: SourceOf) {
  const { snapshots } = useSnapshotList(snapshot.agentId)
  const place = computed(() => snapshots.value.findIndex(({ id }) => id === snapshot.id))
  const older = shallowRef<NearbySnapshot | null>(null)
  const newer = shallowRef<NearbySnapshot | null>(null)
  let looking = new AbortController()

  function look(target: Ref<NearbySnapshot | null>, found: Snapshot | undefined): void {
    target.value = found === undefined ? null : { snapshot: found, hasFolder: null }
    if (found === undefined) return
    const { signal } = looking
    void holdsFolder(sourceOf(found.id), path.value, signal).then((hasFolder) => {
      if (!signal.aborted) target.value = { snapshot: found, hasFolder }
    })
  }

  watch(
    // A vault that is unlocked tells more.
    [place, path, () => sourceOf(snapshot.id) === null],
    () => {
      looking.abort()
      looking = new AbortController()
      look(newer, place.value > 0 ? snapshots.value[place.value - 1] : undefined)
      look(older, place.value === -1 ? undefined : snapshots.value[place.value + 1])
    },
    { immediate: true },
  )
  onScopeDispose(() => looking.abort())
  return { snapshots, older, newer }
}
