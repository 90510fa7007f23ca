import type { Plan, PlanId, Run } from '@holdfast/shared-types'
import { defineStore } from 'pinia'
import { computed } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { gather } from '../../platform/browser/gather.ts'
import { hasCode } from '../../platform/errors/api-error.ts'
import { compareNames } from '../../platform/i18n/compare-names.ts'
import { followTopics } from '../../platform/realtime/follow-topics.ts'
import { applyTold, liveItems, type ItemTold } from '../../platform/realtime/live-items.ts'
import { onSignedOut } from '../../platform/sign-out/sign-out.ts'
import { planAfterRun } from './plan-after-run.ts'

// Of so many runs that end at once the plans are read together.
const mostSingleReads = 5
// Runs that end together are one reason to read.
const rereadAfterMs = 300

type Told = ItemTold<PlanId, Plan> | { readonly run: Run }

/** A run says something of its plan, and nothing of a plan that is not known. */
function apply(byId: Map<PlanId, Plan>, told: Told): void {
  if (!('run' in told)) {
    // The answer to a change and its live word come in any order.
    const isOlder = 'changed' in told && (byId.get(told.changed.id)?.revision ?? 0) > told.changed.revision
    if (!isOlder) applyTold(byId, told)
    return
  }
  const plan = told.run.planId === null ? undefined : byId.get(told.run.planId)
  if (plan === undefined) return
  const after = planAfterRun(plan, told.run)
  if (after !== plan) byId.set(plan.id, after)
}

/** All plans in sight, kept current by the hub's topics: `plans` tells what people change, `runs` what becomes of their runs. */
export const usePlansStore = defineStore('plans', () => {
  const { byId, isLoaded, error, load, readOne, tell, clear } = liveItems<PlanId, Plan, Told>({ read: () => callHub('listPlans'), apply })
  let stop: (() => void) | undefined
  const ended = new Set<PlanId>()
  const rereading = gather(() => void reread(), rereadAfterMs)

  /** Keeps what a call has answered: the live word of it may come later. */
  const put = (changed: Plan): void => tell({ changed })
  const forget = (removed: PlanId): void => tell({ removed })

  async function reread(): Promise<void> {
    const ids = [...ended]
    ended.clear()
    if (ids.length > mostSingleReads) return void (await load())
    for (const planId of ids) {
      try {
        await readOne(() => callHub('getPlan', { params: { planId } }))
      } catch (cause) {
        if (hasCode(cause, 'plan.not-found')) forget(planId)
      }
    }
  }

  /** What a run changes is seen at once; sizes, which only the hub knows, a moment after its end. */
  function takeRun(run: Run): void {
    tell({ run })
    if (run.planId === null || run.finishedAtMs === null) return
    ended.add(run.planId)
    rereading.ask()
  }

  function start(): void {
    stop ??= followTopics(['plans', 'runs'], {
      load,
      onEvent(event) {
        if (event.type === 'plan.changed') put(event.body)
        else if (event.type === 'plan.removed') forget(event.body.id)
        else if (event.type === 'run.changed') takeRun(event.body)
      },
    })
  }

  function end(): void {
    stop?.()
    stop = undefined
    rereading.stop()
    clear()
  }

  onSignedOut(end)

  const plans = computed(() => [...byId.values()].sort((a, b) => compareNames(a.name, b.name)))
  return { byId, plans, isLoaded, error, load, put, forget, start }
})
