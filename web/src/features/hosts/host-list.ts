import type { AgentId, Device } from '@holdfast/shared-types'
import { computed, onScopeDispose, ref, shallowReactive, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { compareNames } from '../../platform/i18n/compare-names.ts'
import { listenToTopic } from '../../platform/realtime/live-link.ts'

/** Devices that can be looked into, by name, and whether they are there; revoked ones are left out. */
export function useHosts() {
  const byId = shallowReactive(new Map<AgentId, Device>())
  const isLoaded = ref(false)
  const error = shallowRef<unknown>(null)

  async function load(): Promise<void> {
    try {
      const { items } = await callHub('listDevices')
      byId.clear()
      for (const device of items) byId.set(device.id, device)
      isLoaded.value = true
      error.value = null
    } catch (cause) {
      error.value = cause
    }
  }

  onScopeDispose(
    listenToTopic('devices', {
      onCaughtUp: () => void load(),
      onEvent(event) {
        if (event.type === 'device.changed') byId.set(event.body.id, event.body)
        else if (event.type === 'device.removed') byId.delete(event.body.id)
      },
    }),
  )
  void load()

  const hosts = computed(() =>
    [...byId.values()].filter(({ revokedAtMs }) => typeof revokedAtMs !== 'number').sort((a, b) => compareNames(a.name, b.name)),
  )
  return { hosts, byId, isLoaded, error, load }
}
