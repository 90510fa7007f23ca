import type { AgentId, PlanId } from '@holdfast/shared-types'
import { onScopeDispose, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { compareNames } from '../../platform/i18n/compare-names.ts'
import { listenToTopic } from '../../platform/realtime/live-link.ts'

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

  const loadDevices = async () => void (devices.value = byName((await callHub('listDevices')).items))
  const loadPlans = async () => void (plans.value = byName((await callHub('listPlans')).items))
  const quietly = (load: () => Promise<void>) => () => void load().catch(() => undefined)
  const stops = [
    listenToTopic('devices', { onCaughtUp: quietly(loadDevices), onEvent: () => undefined }),
    listenToTopic('plans', { onCaughtUp: quietly(loadPlans), onEvent: () => undefined }),
  ]
  quietly(loadDevices)()
  quietly(loadPlans)()
  onScopeDispose(() => stops.forEach((stop) => stop()))
  return { devices, plans }
}
