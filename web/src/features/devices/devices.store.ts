import type { AgentId, Device } from '@holdfast/shared-types'
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { listenToTopic } from '../../platform/realtime/live-link.ts'
import { onSignedOut } from '../../platform/sign-out/sign-out.ts'

/** All devices in sight, kept current by the hub's `devices` topic. */
export const useDevicesStore = defineStore('devices', () => {
  const byId = shallowReactive(new Map<AgentId, Device>())
  const isLoaded = ref(false)
  const error = shallowRef<unknown>(null)
  let stop: (() => void) | undefined
  /** Ids told about while the list was on its way: the live word is newer than the answer. */
  let toldMeanwhile: Set<AgentId> | null = null

  async function load(): Promise<void> {
    const told = new Set<AgentId>()
    toldMeanwhile = told
    try {
      const { items } = await callHub('listDevices')
      const listed = new Set(items.map(({ id }) => id))
      for (const id of byId.keys()) if (!listed.has(id) && !told.has(id)) byId.delete(id)
      for (const device of items) if (!told.has(device.id)) byId.set(device.id, device)
      error.value = null
      isLoaded.value = true
    } catch (cause) {
      error.value = cause
    }
  }

  function start(): void {
    if (stop !== undefined) return
    stop = listenToTopic('devices', {
      onCaughtUp: () => void load(),
      onEvent(event) {
        if (event.type === 'device.changed') byId.set(event.body.id, event.body)
        else if (event.type === 'device.removed') byId.delete(event.body.id)
        else return
        toldMeanwhile?.add(event.body.id)
      },
    })
    void load()
  }

  function end(): void {
    stop?.()
    stop = undefined
    byId.clear()
    isLoaded.value = false
  }

  onSignedOut(end)

  const devices = computed(() => [...byId.values()].sort((a, b) => a.name.localeCompare(b.name)))
  return { byId, devices, isLoaded, error, load, start }
})
