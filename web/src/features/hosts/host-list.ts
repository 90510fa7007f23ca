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
  /** Told live since the newest question: its answer may be older. */
  let told = new Set<AgentId>()

  async function load(): Promise<LivePlaces | undefined> {
    const toldMeanwhile = (told = new Set())
    try {
      const answer = await callHub('listDevices')
      const listed = new Set(answer.items.map(({ id }) => id))
      for (const id of byId.keys()) if (!listed.has(id) && !toldMeanwhile.has(id)) byId.delete(id)
      for (const device of answer.items) if (!toldMeanwhile.has(device.id)) byId.set(device.id, device)
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
        if (event.type !== 'device.changed' && event.type !== 'device.removed') return
        told.add(event.body.id)
        if (event.type === 'device.changed') byId.set(event.body.id, event.body)
        else byId.delete(event.body.id)
      },
    }),
  )

  const hosts = computed(() =>
    [...byId.values()].filter(({ revokedAtMs }) => typeof revokedAtMs !== 'number').sort((a, b) => compareNames(a.name, b.name)),
  )
  return { hosts, byId, isLoaded, error, load }
}
