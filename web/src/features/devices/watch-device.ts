import type { AgentId } from '@holdfast/shared-types'
import { computed, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { useDevicesStore } from './devices.store.ts'

/** One device: from the live list once that is there, before from a call of its own, so that a deep link shows it at once. */
export function useWatchedDevice(agentId: AgentId) {
  const store = useDevicesStore()
  const error = shallowRef<unknown>(null)

  async function load(): Promise<void> {
    error.value = null
    try {
      const device = await callHub('getDevice', { params: { agentId } })
      if (!store.byId.has(agentId)) store.byId.set(agentId, device)
    } catch (cause) {
      error.value = cause
    }
  }

  store.start()
  void load()
  return { device: computed(() => store.byId.get(agentId) ?? null), error, load }
}
