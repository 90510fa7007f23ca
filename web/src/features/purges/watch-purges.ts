import type { Purge, VaultId } from '@holdfast/shared-types'
import { onScopeDispose, ref, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { placesOf, type LivePlaces } from '../../platform/api/live-place.ts'
import { gather } from '../../platform/browser/gather.ts'
import { followTopics } from '../../platform/realtime/follow-topics.ts'
import { isUnderWay } from './purge-words.ts'

// One that goes on tells so often.
const gatherMs = 300

/** What was taken out of all snapshots of a vault, newest first, and where each stands. */
export function useWatchedPurges(vaultId: VaultId) {
  const purges = shallowRef<readonly Purge[]>([])
  const isLoaded = ref(false)
  const error = shallowRef<unknown>(null)
  let latest = 0

  async function load(): Promise<LivePlaces | undefined> {
    const turn = ++latest
    try {
      const answer = await callHub('listPurges', { params: { vaultId } })
      if (turn !== latest) return undefined
      purges.value = answer.items
      isLoaded.value = true
      error.value = null
      return placesOf(answer)
    } catch (cause) {
      if (turn === latest) error.value = cause
      return undefined
    }
  }
  const soon = gather(() => void load(), gatherMs)
  const stop = followTopics(['snapshots'], {
    load,
    onEvent(event) {
      const isOfOne = event.type === 'purge.changed' && event.body.vaultId === vaultId
      // What one waits for goes with old snapshots.
      if (isOfOne || (event.type === 'snapshots.changed' && purges.value.some(isUnderWay))) soon.ask()
    },
  })
  onScopeDispose(() => {
    latest += 1
    stop()
    soon.stop()
  })
  return { purges, isLoaded, error, load }
}
