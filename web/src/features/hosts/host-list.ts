import type { AgentId, Device } from '@holdfast/shared-types'
import { computed, onScopeDispose, ref, shallowReactive, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { placesOf, type LivePlaces } from '../../platform/api/live-place.ts'
import { compareNames } from '../../platform/i18n/compare-names.ts'
import { followTopics } from '../../platform/realtime/follow-topics.ts'

/** Devices that can be looked into, by name, and whether they are there; revoked ones are left out. */
export function useHosts() {
  const byId = shallowReactive(new Map<AgentId, Device>())
  const isLoaded = ref(false)
  const error = shallowRef<unknown>(null)

  async function load(): Promise<LivePlaces | undefined> {
    try {
      const answer = await callHub('listDevices')
      byId.clear()
      for (const device of answer.items) byId.set(device.id, device)
      isLoaded.value = true
      error.value = null
      return placesOf(answer)
    } catch (cause) {
      error.value = cause
      return undefined
    }
  }

  onScopeDispose(
    followTopics(['devices'], {
      load,
      onEvent(event) {
        if (event.type === 'device.changed') byId.set(event.body.id, event.body)
        else if (event.type === 'device.removed') byId.delete(event.body.id)
      },
    }),
  )

  const hosts = computed(() =>
    [...byId.values()].filter(({ revokedAtMs }) => typeof revokedAtMs !== 'number').sort((a, b) => compareNames(a.name, b.name)),
  )
  return { hosts, byId, isLoaded, error, load }
}
