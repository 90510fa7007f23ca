import type { Snapshot, SnapshotId } from '@holdfast/shared-types'
import { onScopeDispose, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { hasCode } from '../../platform/errors/api-error.ts'
import { listenToTopic } from '../../platform/realtime/live-link.ts'

/** One snapshot, and what is decided over it. @param tellMissing called where there is none */
export function useSnapshot(snapshotId: SnapshotId, tellMissing: () => void) {
  const snapshot = shallowRef<Snapshot | null>(null)
  const error = shallowRef<unknown>(null)

  async function read(): Promise<void> {
    error.value = null
    try {
      snapshot.value = await callHub('getSnapshot', { params: { snapshot: snapshotId } })
    } catch (cause) {
      error.value = cause
      if (hasCode(cause, 'snapshot.not-found')) tellMissing()
    }
  }

  const take = (changed: Snapshot): void => void (snapshot.value = changed)
  // What is in a snapshot never changes; whether it stays does.
  const stop = listenToTopic('snapshots', {
    onEvent(event) {
      if (event.type === 'snapshots.changed' && event.body.agentIds.some((id) => id === snapshot.value?.agentId)) void read()
    },
    onCaughtUp: (hadGap) => hadGap && void read(),
  })
  onScopeDispose(stop)
  void read()
  return { snapshot, error, read, take }
}
