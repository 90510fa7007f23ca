import type { AgentId, Device } from '@holdfast/shared-types'
import { computed, onScopeDispose } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { compareNames } from '../../platform/i18n/compare-names.ts'
import { followTopics } from '../../platform/realtime/follow-topics.ts'
import { applyTold, liveItems, type ItemTold } from '../../platform/realtime/live-items.ts'

/** Devices that can be looked into, by name, and whether they are there; revoked ones are left out. */
export function useHosts() {
  const { byId, isLoaded, error, load, tell } = liveItems<AgentId, Device, ItemTold<AgentId, Device>>({
    read: () => callHub('listDevices'),
    apply: applyTold,
  })

  onScopeDispose(
    followTopics(['devices'], {
      load,
      onEvent(event) {
        if (event.type === 'device.changed') tell({ changed: event.body })
        else if (event.type === 'device.removed') tell({ removed: event.body.id })
      },
    }),
  )

  const hosts = computed(() =>
    [...byId.values()].filter(({ revokedAtMs }) => typeof revokedAtMs !== 'number').sort((a, b) => compareNames(a.name, b.name)),
  )
  return { hosts, byId, isLoaded, error, load }
}
