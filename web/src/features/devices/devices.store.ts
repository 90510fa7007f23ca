import type { AgentId, Device } from '@holdfast/shared-types'
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { placesOf, type LivePlaces } from '../../platform/api/live-place.ts'
import { compareNames } from '../../platform/i18n/compare-names.ts'
import { followTopics } from '../../platform/realtime/follow-topics.ts'
import { onSignedOut } from '../../platform/sign-out/sign-out.ts'

/** All devices in sight, kept current by the hub's `devices` topic. */
export const useDevicesStore = defineStore('devices', () => {
  const byId = shallowReactive(new Map<AgentId, Device>())
  const isLoaded = ref(false)
  const error = shallowRef<unknown>(null)
  let stop: (() => void) | undefined
  /** Ids told about while lists are on their way: the live word is newer than their answers. */
  const told = new Set<AgentId>()
  let asked = 0
  let latest = 0

  async function load(): Promise<LivePlaces | undefined> {
    if (asked === 0) told.clear()
    asked += 1
    const turn = ++latest
    try {
      const answer = await callHub('listDevices')
      // A newer question is on its way, or nobody asks any more.
      if (turn !== latest) return undefined
      const { items } = answer
      const listed = new Set(items.map(({ id }) => id))
      for (const id of byId.keys()) if (!listed.has(id) && !told.has(id)) byId.delete(id)
      for (const device of items) if (!told.has(device.id)) byId.set(device.id, device)
      error.value = null
      isLoaded.value = true
      return placesOf(answer)
    } catch (cause) {
      if (turn === latest) error.value = cause
      return undefined
    } finally {
      asked -= 1
    }
  }

  /** What a call has answered: the live word of it may come later. */
  function put(device: Device): void {
    byId.set(device.id, device)
    told.add(device.id)
  }

  function forget(id: AgentId): void {
    byId.delete(id)
    told.add(id)
  }

  function start(): void {
    if (stop !== undefined) return
    stop = followTopics(['devices'], {
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
    latest += 1
    byId.clear()
    isLoaded.value = false
  }

  onSignedOut(end)

  const devices = computed(() => [...byId.values()].sort((a, b) => compareNames(a.name, b.name)))
  return { byId, devices, isLoaded, error, load, put, forget, start }
})
