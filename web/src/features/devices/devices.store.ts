import type { AgentId, Device } from '@holdfast/shared-types'
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { compareNames } from '../../platform/i18n/compare-names.ts'
import { followTopics } from '../../platform/realtime/follow-topics.ts'
import { applyTold, liveItems, type ItemTold } from '../../platform/realtime/live-items.ts'
import { onSignedOut } from '../../platform/sign-out/sign-out.ts'

/** All devices in sight, kept current by the hub's `devices` topic. */
export const useDevicesStore = defineStore('devices', () => {
  const { byId, isLoaded, error, load, tell, clear } = liveItems<AgentId, Device, ItemTold<AgentId, Device>>({
    read: () => callHub('listDevices'),
    apply: applyTold,
  })
  let stop: (() => void) | undefined

  /** What a call has answered: the live word of it may come later. */
  const put = (changed: Device): void => tell({ changed })
  const forget = (removed: AgentId): void => tell({ removed })

  function start(): void {
    stop ??= followTopics(['devices'], {
      load,
      onEvent(event) {
        if (event.type === 'device.changed') put(event.body)
        else if (event.type === 'device.removed') forget(event.body.id)
      },
    })
  }

  function end(): void {
    stop?.()
    stop = undefined
    clear()
  }

  onSignedOut(end)

  const devices = computed(() => [...byId.values()].sort((a, b) => compareNames(a.name, b.name)))
  return { byId, devices, isLoaded, error, load, put, forget, start }
})
