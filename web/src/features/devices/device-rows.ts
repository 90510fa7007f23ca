import type { Device } from '@holdfast/shared-types'
import { useWindowVirtualizer } from '@tanstack/vue-virtual'
import { computed, toValue, type MaybeRefOrGetter, type Ref } from 'vue'
import { usePageTop } from '../../platform/browser/page-top.ts'

const rowPx = 64

interface DeviceRowPlace {
  readonly device: Device
  readonly index: number
  readonly startPx: number
  readonly heightPx: number
}

/** The rows on the screen and a few around them: a list of thousands costs as much as one of twenty. */
export function useDeviceRows(devices: MaybeRefOrGetter<readonly Device[]>, list: Readonly<Ref<HTMLElement | null>>) {
  const listTopPx = usePageTop(list)
  const virtualizer = useWindowVirtualizer(
    computed(() => ({
      count: toValue(devices).length,
      estimateSize: () => rowPx,
      overscan: 8,
      scrollMargin: listTopPx.value,
    })),
  )
  const rows = computed<DeviceRowPlace[]>(() =>
    virtualizer.value.getVirtualItems().flatMap(({ index, start }) => {
      const device = toValue(devices)[index]
      return device === undefined ? [] : [{ device, index, startPx: start - listTopPx.value, heightPx: rowPx }]
    }),
  )
  return { rows, totalHeightPx: computed(() => virtualizer.value.getTotalSize()) }
}
