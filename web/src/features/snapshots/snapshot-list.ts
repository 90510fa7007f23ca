import type { AgentId, Snapshot } from '@holdfast/shared-types'
import { onScopeDispose, ref, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { listenToTopic } from '../../platform/realtime/live-link.ts'

/** Snapshots, newest first; read again whenever a run ends with a new one. */
export function useSnapshotList(agentId?: AgentId) {
  const snapshots = shallowRef<readonly Snapshot[]>([])
  const isLoaded = ref(false)
  const error = shallowRef<unknown>(null)
  let latest = 0

  async function load(): Promise<void> {
    const turn = ++latest
    try {
      const { items } = await callHub('listSnapshots', { query: { agentId } })
      if (turn !== latest) return
      snapshots.value = items.toReversed()
      error.value = null
      isLoaded.value = true
    } catch (cause) {
      if (turn === latest) error.value = cause
    }
  }

  const isNews = (id: string) => !snapshots.value.some((snapshot) => snapshot.id === id)
  onScopeDispose(
    listenToTopic('runs', {
      onCaughtUp: () => void load(),
      onEvent(event) {
        if (event.type !== 'run.changed' || event.body.result?.kind !== 'backup') return
        const { snapshotId } = event.body.result
        if (snapshotId !== null && (agentId === undefined || event.body.agentId === agentId) && isNews(snapshotId)) void load()
      },
    }),
  )
  void load()
  return { snapshots, isLoaded, error, load }
}
