import type { Plan } from '@holdfast/shared-types'
import { computed, shallowRef, type Ref, type ShallowRef } from 'vue'
import { changedParts, draftOf, mergeDrafts, type MergedDraft, type PlanDraft } from './plan-draft.ts'
import { usePlansStore } from './plans.store.ts'

interface Parts {
  readonly draft: PlanDraft
  readonly untouched: Ref<PlanDraft>
  /** The plan as it was read; null = a new one. */
  readonly base: ShallowRef<Plan | null>
  readonly error: ShallowRef<unknown>
}

/** What somebody else makes of a plan while it is open here, and ways on. */
export function useDraftConflict({ draft, untouched, base, error }: Parts) {
  const store = usePlansStore()
  const merged = shallowRef<MergedDraft | null>(null)
  const theirs = computed(() => {
    const known = base.value === null ? undefined : store.byId.get(base.value.id)
    return known !== undefined && base.value !== null && known.revision > base.value.revision ? known : null
  })
  const theirParts = computed(() =>
    theirs.value === null || base.value === null ? [] : changedParts(draftOf(base.value), draftOf(theirs.value)),
  )

  function continueFrom(plan: Plan): void {
    base.value = plan
    untouched.value = draftOf(plan)
    error.value = null
  }
  function bringTogether(): void {
    if (theirs.value === null || base.value === null) return
    merged.value = mergeDrafts(draftOf(base.value), draft, draftOf(theirs.value))
    Object.assign(draft, merged.value.draft)
    continueFrom(theirs.value)
  }
  function takeTheirs(): void {
    if (theirs.value === null) return
    Object.assign(draft, draftOf(theirs.value))
    merged.value = null
    continueFrom(theirs.value)
  }
  return { theirs, theirParts, merged, bringTogether, takeTheirs }
}
