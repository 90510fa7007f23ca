import type { AgentId, PlanId } from '@holdfast/shared-types'
import { onScopeDispose, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { placesOf, type LivePlaces } from '../../platform/api/live-place.ts'
import { compareNames } from '../../platform/i18n/compare-names.ts'
import { followTopics } from '../../platform/realtime/follow-topics.ts'

export interface NamedChoice<Id> {
  readonly id: Id
  readonly name: string
}

/**
 * Devices and plans to choose from. Asked for here and not of their features: those stand above runs. What cannot be read is an empty
 * choice, and the list itself says what is wrong.
 */
export function useFilterChoices() {
  const devices = shallowRef<readonly NamedChoice<AgentId>[]>([])
  const plans = shallowRef<readonly NamedChoice<PlanId>[]>([])
  const byName = <Id>(items: readonly NamedChoice<Id>[]) =>
    items.map(({ id, name }) => ({ id, name })).sort((a, b) => compareNames(a.name, b.name))

  /** What cannot be read leaves the choice as it is. */
  const quietly = (load: () => Promise<LivePlaces | undefined>) => () => load().catch(() => undefined)
  const loadDevices = quietly(async () => {
    const answer = await callHub('listDevices')
    devices.value = byName(answer.items)
    return placesOf(answer)
  })
  const loadPlans = quietly(async () => {
    const answer = await callHub('listPlans')
    plans.value = byName(answer.items)
    return placesOf(answer)
  })
  const stops = [
    followTopics(['devices'], { load: loadDevices, onEvent: () => undefined }),
    followTopics(['plans'], { load: loadPlans, onEvent: () => undefined }),
  ]
  onScopeDispose(() => stops.forEach((stop) => stop()))
  return { devices, plans }
}
