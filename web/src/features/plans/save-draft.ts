import type { Plan, PlanId, Retention } from '@holdfast/shared-types'
import { ref, type Ref, type ShallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { hasCode } from '../../platform/errors/api-error.ts'
import { changeOf, orderOf, type PlanDraft } from './plan-draft.ts'
import { usePlansStore } from './plans.store.ts'

interface Parts {
  readonly draft: PlanDraft
  /** The plan as it was read; null = a new one is made. */
  readonly base: ShallowRef<Plan | null>
  readonly error: ShallowRef<unknown>
  readonly isSaved: Ref<boolean>
  /** As typed, or as suggested. */
  readonly name: Readonly<Ref<string>>
  /** The draft's rules as far as its device can keep them. */
  readonly kept: Readonly<Ref<Retention | null>>
  readonly mayBeSaved: () => boolean
}

/** Saves what is written. A save that fails changes nothing of it. */
export function useDraftSave({ draft, base, error, isSaved, name, kept, mayBeSaved }: Parts) {
  const store = usePlansStore()
  const isBusy = ref(false)
  /** Mistakes are told once somebody wanted to save: nobody is to be blamed for a page that is not filled in yet. */
  const wasTried = ref(false)

  const send = (): Promise<Plan> => {
    const { agentId } = draft
    const whole = { ...draft, retention: kept.value }
    if (base.value !== null)
      return callHub('updatePlan', { params: { planId: base.value.id }, body: changeOf(whole, base.value.revision, name.value) })
    // `mayBeSaved` has seen that there is one.
    return callHub('createPlan', { body: orderOf(whole, agentId as NonNullable<typeof agentId>, name.value) })
  }

  /** @returns the id of the plan that was saved; null where it was not, and `error` or the mistakes say why */
  async function save(): Promise<PlanId | null> {
    wasTried.value = true
    if (!mayBeSaved() || isBusy.value) return null
    isBusy.value = true
    error.value = null
    try {
      const plan = await send()
      store.put(plan)
      isSaved.value = true
      return plan.id
    } catch (cause) {
      // The newer plan says what to do about it.
      if (hasCode(cause, 'plan.changed') && base.value !== null)
        await callHub('getPlan', { params: { planId: base.value.id } }).then(store.put, () => undefined)
      error.value = cause
      return null
    } finally {
      isBusy.value = false
    }
  }

  /** The plan is gone: what was typed becomes a new one. */
  function makeNew(): void {
    base.value = null
    error.value = null
  }
  return { isBusy, wasTried, save, makeNew }
}
