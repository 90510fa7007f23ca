import type { Plan, Run } from '@holdfast/shared-types'
import { ref } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'

/** Why a plan cannot be started just now; null = it can. One that waits can: it then waits no longer. */
export function startHindrance({ activeRun, problem }: Pick<Plan, 'activeRun' | 'problem'>): 'working' | 'problem' | null {
  if (problem !== null) return 'problem'
  return activeRun !== null && activeRun.state !== 'queued' ? 'working' : null
}

/** Starts a plan, one press at a time. */
export function useRunPlan(tell: { readonly started: (run: Run) => void; readonly failed: (cause: unknown) => void }) {
  const isBusy = ref(false)
  async function start(plan: Pick<Plan, 'id'>, full: boolean): Promise<void> {
    if (isBusy.value) return
    isBusy.value = true
    try {
      tell.started(await callHub('startPlanRun', { params: { planId: plan.id }, body: { full } }))
    } catch (cause) {
      tell.failed(cause)
    } finally {
      isBusy.value = false
    }
  }
  return { isBusy, start }
}
