import type { Snapshot, SnapshotId } from '@holdfast/shared-types'
import { computed, onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { hasCode } from '../../platform/errors/api-error.ts'
import { queryOfPath, type SnapshotPath } from './snapshot-path.ts'
import { useSnapshotList } from './snapshot-list.ts'

/** A snapshot before or after, and whether it has the folder too; null: nobody knows yet. */
export interface NearbySnapshot {
  readonly snapshot: Snapshot
  readonly hasFolder: boolean | null
}

async function holdsFolder(snapshotId: SnapshotId, path: SnapshotPath, signal: AbortSignal): Promise<boolean | null> {
  if (path.text === '') return true
  try {
    await callHub('listEntries', { params: { snapshotId }, query: { ...queryOfPath(path), limit: 1 }, signal })
    return true
  } catch (cause) {
    return hasCode(cause, 'snapshot.path-not-found') ? false : null
  }
}

/** The snapshots of the same device, newest first, and the two next to this one at the same folder. */
export function useNearbySnapshots(snapshot: Snapshot, path: Readonly<Ref<SnapshotPath>>) {
  const { snapshots } = useSnapshotList(snapshot.agentId)
  const place = computed(() => snapshots.value.findIndex(({ id }) => id === snapshot.id))
  const older = shallowRef<NearbySnapshot | null>(null)
  const newer = shallowRef<NearbySnapshot | null>(null)
  let looking = new AbortController()

  function look(target: Ref<NearbySnapshot | null>, found: Snapshot | undefined): void {
    target.value = found === undefined ? null : { snapshot: found, hasFolder: null }
    if (found === undefined) return
    const { signal } = looking
    void holdsFolder(found.id, path.value, signal).then((hasFolder) => {
      if (!signal.aborted) target.value = { snapshot: found, hasFolder }
    })
  }

  watch(
    [place, path],
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
