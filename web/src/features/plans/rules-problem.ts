import type { Device, Plan } from '@holdfast/shared-types'
import { computed, type Ref, type ShallowRef } from 'vue'
import { useRights } from '../../platform/session/rights.ts'
import { rulesMistake, standardMinimumAgeDays } from '../retention/index.ts'
import type { PlanDraft } from './plan-draft.ts'
import { useVersionLimits } from './version-limits.ts'

/** What the hub would refuse of how long is kept, and may not be offered. */
export function useRulesProblem(draft: PlanDraft, base: ShallowRef<Plan | null>, host: Readonly<Ref<Device | null>>) {
  const { mayAdminister } = useRights()
  /** Under so many days this person may let nothing go by a rule; what an administrator has allowed, others may leave as it is. */
  const leastAgeDays = computed(() =>
    mayAdminister.value ? 0 : Math.min(base.value?.retention?.minimumAgeDays ?? standardMinimumAgeDays, standardMinimumAgeDays),
  )
  const rulesProblem = computed(() => rulesMistake(draft.retention, leastAgeDays.value))
  return { leastAgeDays, canLimitVersions: useVersionLimits(host), rulesProblem }
}
