import type { AgentId } from '@holdfast/shared-types'
import { onScopeDispose, readonly, ref } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { placesOf, type LivePlaces } from '../../platform/api/live-place.ts'
import { followTopics } from '../../platform/realtime/follow-topics.ts'

/** Whether a device is connected now, live; null until that is known. */
export function useDeviceLink(agentId: AgentId) {
  const isOnline = ref<boolean | null>(null)
  const leaving = new AbortController()
  /** How often it was told live: an answer that was asked for before that may be older. */
  let toldCount = 0

  async function load(): Promise<LivePlaces | undefined> {
    const toldBefore = toldCount
    try {
      const device = await callHub('getDevice', { params: { agentId }, signal: leaving.signal })
      if (toldCount === toldBefore) isOnline.value = device.online
      return placesOf(device)
    } catch {
      // The page says less then; the next link asks again.
      return undefined
    }
  }
  const stop = followTopics(['devices'], {
    load,
    onEvent(event) {
      if (event.type !== 'device.changed' || event.body.id !== agentId) return
      toldCount += 1
      isOnline.value = event.body.online
    },
  })
  onScopeDispose(() => {
    leaving.abort()
    stop()
  })
  return readonly(isOnline)
}
