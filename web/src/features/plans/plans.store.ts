import type { Plan, PlanId, Run } from '@holdfast/shared-types'
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { placesOf, type LivePlaces } from '../../platform/api/live-place.ts'
import { gather } from '../../platform/browser/gather.ts'
import { hasCode } from '../../platform/errors/api-error.ts'
import { compareNames } from '../../platform/i18n/compare-names.ts'
import { followTopics } from '../../platform/realtime/follow-topics.ts'
import { onSignedOut } from '../../platform/sign-out/sign-out.ts'
import { planAfterRun } from './plan-after-run.ts'

// Of so many runs that end at once the plans are read together.
const mostSingleReads = 5
// Runs that end together are one reason to read.
const rereadAfterMs = 300

/** All plans in sight, kept current by the hub's topics: `plans` tells what people change, `runs` what becomes of their runs. */
export const usePlansStore = defineStore('plans', () => {
  const byId = shallowReactive(new Map<PlanId, Plan>())
  const isLoaded = ref(false)
  const error = shallowRef<unknown>(null)
  let stop: (() => void) | undefined
  /** Ids told about while lists are on their way: the live word is newer than their answers. */
  const told = new Set<PlanId>()
  let asked = 0
  let latest = 0
  const ended = new Set<PlanId>()
  const rereading = gather(() => void reread(), rereadAfterMs)

  async function load(): Promise<LivePlaces | undefined> {
    if (asked === 0) told.clear()
    asked += 1
    const turn = ++latest
    try {
      const answer = await callHub('listPlans')
      // A newer question is on its way, or nobody asks any more.
      if (turn !== latest) return undefined
      const { items } = answer
      const listed = new Set(items.map(({ id }) => id))
      for (const id of byId.keys()) if (!listed.has(id) && !told.has(id)) byId.delete(id)
      for (const plan of items) if (!told.has(plan.id)) byId.set(plan.id, plan)
      error.value = null
      isLoaded.value = true
      return placesOf(answer)
    } catch (cause) {
      if (turn === latest) error.value = cause
      return undefined
    } finally {
      asked -= 1
    }
  }

  /** Keeps what a call has answered: the live word of it may come later. */
  function put(plan: Plan): void {
    const known = byId.get(plan.id)
    if (known === undefined || known.revision <= plan.revision) byId.set(plan.id, plan)
    told.add(plan.id)
  }

  function forget(id: PlanId): void {
    byId.delete(id)
    told.add(id)
  }

  async function reread(): Promise<void> {
    const ids = [...ended]
    ended.clear()
    if (ids.length > mostSingleReads) return void (await load())
    for (const planId of ids) {
      try {
        put(await callHub('getPlan', { params: { planId } }))
      } catch (cause) {
        if (hasCode(cause, 'plan.not-found')) forget(planId)
      }
    }
  }

  /** What a run changes is seen at once; sizes, which only the hub knows, a moment after its end. */
  function takeRun(run: Run): void {
    const plan = run.planId === null ? undefined : byId.get(run.planId)
    if (plan === undefined) return
    const after = planAfterRun(plan, run)
    if (after !== plan) byId.set(plan.id, after)
    told.add(plan.id)
    if (run.finishedAtMs === null) return
    ended.add(plan.id)
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
    byId.clear()
    isLoaded.value = false
  }

  onSignedOut(end)

  const plans = computed(() => [...byId.values()].sort((a, b) => compareNames(a.name, b.name)))
  return { byId, plans, isLoaded, error, load, put, forget, start }
})
