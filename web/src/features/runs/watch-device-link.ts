import type { AgentId } from '@holdfast/shared-types'
import { onScopeDispose, readonly, ref } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { listenToTopic } from '../../platform/realtime/live-link.ts'

/** Whether a device is connected now, live; null until that is known. */
export function useDeviceLink(agentId: AgentId) {
  const isOnline = ref<boolean | null>(null)
  const leaving = new AbortController()

  async function load(): Promise<void> {
    try {
      isOnline.value = (await callHub('getDevice', { params: { agentId }, signal: leaving.signal })).online
    } catch {
      // The page says less then; the next link asks again.
    }
  }
  const stop = listenToTopic('devices', {
    onCaughtUp: () => void load(),
    onEvent: (event) => event.type === 'device.changed' && event.body.id === agentId && (isOnline.value = event.body.online),
  })
  void load()
  onScopeDispose(() => {
    leaving.abort()
    stop()
  })
  return readonly(isOnline)
}
