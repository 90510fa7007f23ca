import type { AgentId, Plan } from '@holdfast/shared-types'
import { computed, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { useNowMs } from '../../platform/browser/clock.ts'
import { usePlansStore } from '../plans/index.ts'
import { filterDevices, readDeviceFilter, tagsOf, writeDeviceFilter, type DeviceFilter } from './device-filter.ts'
import { useDevicesStore } from './devices.store.ts'

/** A filter that stands in the address. What is typed is shown at once; the address follows. */
function useAddressFilter() {
  const route = useRoute()
  const router = useRouter()
  const filter = ref<DeviceFilter>(readDeviceFilter(route.query))
  let writing = 0

  watch(filter, async (next) => {
    writing += 1
    try {
      await router.replace({ query: writeDeviceFilter(next) })
    } finally {
      writing -= 1
    }
  })
  // A link to another filter of this page. Our own words come back too, perhaps when more was typed already.
  watch(
    () => route.query,
    (query) => {
      if (writing === 0) filter.value = readDeviceFilter(query)
    },
    { flush: 'sync' },
  )
  return filter
}

/** The devices that the address asks for, live. */
export function useDeviceList() {
  const store = useDevicesStore()
  const plans = usePlansStore()
  store.start()
  plans.start()
  const filter = useAddressFilter()
  const nowMs = useNowMs()
  // Ages matter by the hour: what is shown need not be thought over every second.
  const minuteMs = computed(() => Math.floor(nowMs.value / 60_000) * 60_000)
  const plansOf = computed(() => {
    const byDevice = new Map<AgentId, Plan[]>()
    for (const plan of plans.plans) {
      const own = byDevice.get(plan.agentId)
      if (own === undefined) byDevice.set(plan.agentId, [plan])
      else own.push(plan)
    }
    return byDevice
  })
  const filtered = computed(() => filterDevices(store.devices, filter.value, { plansOf: plansOf.value, nowMs: minuteMs.value }))
  return {
    store,
    filter,
    shown: computed(() => filtered.value.shown),
    counts: computed(() => filtered.value.counts),
    tags: computed(() => tagsOf(store.devices)),
  }
}
