import type { Snapshot, SnapshotId } from '@holdfast/shared-types'
import { shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { hasCode } from '../../platform/errors/api-error.ts'

/** One snapshot, which never changes. @param tellMissing called where there is none */
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

  void read()
  return { snapshot, error, read }
}
