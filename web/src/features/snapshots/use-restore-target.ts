import type { AgentId, Snapshot } from '@holdfast/shared-types'
import { computed, ref } from 'vue'
import { compareNames } from '../../platform/i18n/compare-names.ts'
import { useHosts } from '../hosts/index.ts'
import { firstTarget, restoreTargets } from './restore-targets.ts'

/** Devices that a snapshot can be restored to, live, and the one that is chosen. */
export function useRestoreTarget(snapshot: () => Snapshot) {
  const { byId, isLoaded, error, load } = useHosts()
  const targets = computed(() =>
    restoreTargets(
      snapshot(),
      [...byId.values()].sort((a, b) => compareNames(a.name, b.name)),
    ),
  )
  const chosenId = ref<AgentId | null>(null)
  /** One that was chosen and has gone is not replaced by another: that would be another machine's files. */
  const device = computed(() => {
    const id = chosenId.value ?? firstTarget(snapshot(), targets.value)
    return targets.value.find((target) => target.id === id) ?? null
  })
  const isOther = computed(() => device.value !== null && device.value.id !== snapshot().agentId)
  /** The snapshot's own device can be restored to no more. */
  const isGone = computed(() => isLoaded.value && targets.value.every(({ id }) => id !== snapshot().agentId))
  return { targets, device, chosenId, isOther, isGone, isLoaded, error, load }
}
