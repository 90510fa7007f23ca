import type { Device, Plan } from '@holdfast/shared-types'
import { computed, type Ref, type ShallowRef } from 'vue'
import { useRights } from '../../platform/session/rights.ts'
import { keepsLess, keptRules, rulesMistake, standardMinimumAgeDays } from '../retention/index.ts'
import type { PlanDraft } from './plan-draft.ts'
import { useVersionLimits } from './version-limits.ts'

const hasRun = (plan: Plan | null): boolean => plan !== null && (plan.lastRun !== null || plan.activeRun !== null)

/** What the hub would refuse of how long is kept, and may not be offered. */
export function useRulesProblem(draft: PlanDraft, base: ShallowRef<Plan | null>, host: Readonly<Ref<Device | null>>) {
  const { mayAdminister } = useRights()
  /** Under so many days this person may let nothing go by a rule; what an administrator has allowed, others may leave as it is. */
  const leastAgeDays = computed(() =>
    mayAdminister.value ? 0 : Math.min(base.value?.retention?.minimumAgeDays ?? standardMinimumAgeDays, standardMinimumAgeDays),
  )
  const canLimitVersions = useVersionLimits(host)
  /** As they are shown, tried and saved for this device; the draft stays as it was written, as another device may be chosen again. */
  const kept = computed(() => keptRules(draft.retention, canLimitVersions.value))
  /** What a plan keeps that has run, only an administrator lets go. */
  const isLess = computed(() => !mayAdminister.value && hasRun(base.value) && keepsLess(base.value?.retention ?? null, kept.value))
  const rulesProblem = computed(() => {
    const mistake = rulesMistake(kept.value, leastAgeDays.value)
    if (mistake === 'number' || mistake === 'nothing') return mistake
    return isLess.value ? 'less' : mistake
  })
  return { leastAgeDays, canLimitVersions, kept, rulesProblem }
}
