import { computed, effectScope, onScopeDispose, watch, type EffectScope } from 'vue'
import { rememberedSinceMs } from '../../platform/api/remembered-answers.ts'
import { useNowMs } from '../../platform/browser/clock.ts'
import { connectionState } from '../../platform/realtime/connection.ts'
import { isInUse, useDevicesStore } from '../devices/index.ts'
import { usePlansStore } from '../plans/index.ts'
import { useRetentionWaits } from '../retention/index.ts'
import { useRunList } from '../runs/index.ts'
import { useSignInStore } from '../sign-in/index.ts'
import { findingsOf, type Finding } from './findings.ts'
import { doneSteps } from './guide-steps.ts'
import { useHubFacts } from './hub-facts.ts'
import { verdictOf, type Knowledge } from './verdict.ts'

// The contract's most: a running device must never look idle.
const mostActiveRuns = 1000
// Where a fleet runs more than this in a day, plans and devices still say how each of theirs ended.
const judgedRuns = 200
// A check that found damage counts until a good one of its device, however many came after it: nothing else says so. Bad and good ones are
// asked for apart: where a good one is too old to be among so many, an alarm stays too long, and never goes too soon.
const judgedChecks = 200

const linkOf = (): Knowledge['link'] => {
  if (connectionState.value === 'live') return 'up'
  return connectionState.value === 'offline' ? 'down' : 'coming'
}

const partOf = (error: unknown, isLoaded: boolean) => (error !== null ? 'failed' : isLoaded ? 'ready' : 'loading')

// oxlint-disable-next-line max-lines-per-function -- a set-up function: what thinks is in modules of its own
function watchOverview() {
  const devices = useDevicesStore()
  const plans = usePlansStore()
  const signIn = useSignInStore()
  const waits = useRetentionWaits()
  devices.start()
  plans.start()
  waits.start()
  const active = useRunList({ activeOnly: true }, mostActiveRuns)
  const recent = useRunList({}, judgedRuns)
  const badChecks = useRunList({ kind: 'verify', states: ['failed', 'warning'] }, judgedChecks)
  const goodChecks = useRunList({ kind: 'verify', states: ['succeeded'] }, judgedChecks)
  const hub = useHubFacts()
  const nowMs = useNowMs()
  // Ages matter by the hour: nothing is judged anew every second.
  const minuteMs = computed(() => Math.floor(nowMs.value / 60_000) * 60_000)

  // What the stores read again by themselves when the link is back, this reads beside them: until then nothing is called safe.
  watch(connectionState, (state) => {
    if (state === 'live') void hub.load()
    else hub.isFresh.value = false
  })

  const parts = computed<Knowledge['parts']>(() => [
    partOf(devices.error, devices.isLoaded),
    partOf(plans.error, plans.isLoaded),
    partOf(waits.error, waits.isLoaded),
    partOf(active.error.value, active.isLoaded.value),
    partOf(recent.error.value, recent.isLoaded.value),
    partOf(badChecks.error.value, badChecks.isLoaded.value),
    partOf(goodChecks.error.value, goodChecks.isLoaded.value),
    partOf(hub.error.value, hub.facts.value !== null && hub.isFresh.value),
  ])
  const error = computed(
    () =>
      devices.error ??
      plans.error ??
      waits.error ??
      active.error.value ??
      recent.error.value ??
      badChecks.error.value ??
      goodChecks.error.value ??
      hub.error.value,
  )

  /** A list in part would name devices whose plans or runs have not come yet. */
  const isKnown = computed(() => !parts.value.slice(0, -1).includes('loading') && (hub.facts.value !== null || hub.error.value !== null))

  const runs = computed(() => {
    const known = new Map(
      [...active.runs.value, ...recent.runs.value, ...goodChecks.runs.value, ...badChecks.runs.value].map((run) => [run.id, run]),
    )
    return [...known.values()].sort((a, b) => b.createdAtMs - a.createdAtMs)
  })
  const findings = computed<readonly Finding[]>(() => {
    const { facts } = hub
    if (facts.value === null || !isKnown.value) return []
    return findingsOf({
      nowMs: minuteMs.value,
      hasPassword: signIn.user?.hasPassword !== false,
      devices: devices.devices,
      plans: plans.plans,
      runs: runs.value,
      retentionWaits: waits.waits,
      vaults: facts.value.vaults,
      vaultsWithoutRecoveryKey: facts.value.system.vaultsWithoutRecoveryKey,
      health: facts.value.health,
    })
  })
  const inUse = computed(() => devices.devices.filter(isInUse))
  const protectedDevices = computed(() => inUse.value.filter(({ lastSnapshotAtMs }) => lastSnapshotAtMs !== null))
  const verdict = computed(() =>
    verdictOf({
      link: linkOf(),
      isRemembered: rememberedSinceMs.value !== null,
      parts: parts.value,
      protectedDevices: protectedDevices.value.length,
      findings: findings.value,
    }),
  )
  /** Null until it is known. */
  const steps = computed(() => {
    if (hub.facts.value === null || !devices.isLoaded || !plans.isLoaded) return null
    const { vaultsWithoutRecoveryKey } = hub.facts.value.system
    const hasPassword = signIn.user?.hasPassword !== false
    return doneSteps({ hasPassword, devices: devices.devices, plans: plans.plans, vaultsWithoutRecoveryKey })
  })

  const retry = () =>
    Promise.all([devices.load(), plans.load(), waits.load(), active.load(), recent.load(), badChecks.load(), goodChecks.load(), hub.load()])
  return { verdict, findings, isKnown, error, retry, steps, inUse, protectedDevices, active, recent, facts: hub.facts }
}

let shared: { readonly scope: EffectScope; readonly overview: ReturnType<typeof watchOverview>; users: number } | null = null

/**
 * Everything the overview judges by, live, and what it makes of it: once for the page and for the badge of the installed app, whose questions
 * and lists would be the same.
 */
export function useOverview(): ReturnType<typeof watchOverview> {
  if (shared === null) {
    const scope = effectScope(true)
    // A scope that has just been made runs what it is given.
    shared = { scope, overview: scope.run(watchOverview) as ReturnType<typeof watchOverview>, users: 0 }
  }
  const used = shared
  used.users += 1
  onScopeDispose(() => {
    used.users -= 1
    if (used.users > 0) return
    used.scope.stop()
    if (shared === used) shared = null
  })
  return used.overview
}
