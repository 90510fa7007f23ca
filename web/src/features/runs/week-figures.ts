import type { AgentId, RunKind, Statistics } from '@holdfast/shared-types'
import { onScopeDispose, shallowRef, toValue, watch, type MaybeRefOrGetter } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { placesOf, type LivePlaces } from '../../platform/api/live-place.ts'
import { gather } from '../../platform/browser/gather.ts'
import { followTopics } from '../../platform/realtime/follow-topics.ts'
import { isActive } from './run-states.ts'

/** How the runs of the last seven days ended. */
export interface WeekFigures {
  readonly ended: number
  /** Failed, or given up by the hub. */
  readonly failed: number
  readonly warned: number
}

export function weekOf({ kinds }: Pick<Statistics, 'kinds'>, kind: RunKind | null): WeekFigures {
  const weeks = kinds.filter((counted) => kind === null || counted.kind === kind).map(({ last7Days }) => last7Days)
  const sum = (count: (week: (typeof weeks)[number]) => number) => weeks.reduce((total, week) => total + count(week), 0)
  return {
    ended: sum((week) => week.succeeded + week.warning + week.failed + week.cancelled + week.expired),
    failed: sum((week) => week.failed + week.expired),
    warned: sum((week) => week.warning),
  }
}

// Many runs end together, after a night's plans or a hub's restart: one question for all of them.
const settleMs = 2_000

interface WeekOf {
  readonly agentId: AgentId | null
  readonly kind: RunKind | null
}

/** The week of all devices, or of one; counted anew after runs have ended. Null: not known, or not asked for. */
export function useWeekFigures(of: MaybeRefOrGetter<WeekOf | null>) {
  const week = shallowRef<WeekFigures | null>(null)
  let latest = 0

  async function load(): Promise<LivePlaces | undefined> {
    const turn = ++latest
    const asked = toValue(of)
    if (asked === null) {
      week.value = null
      return undefined
    }
    const { agentId, kind } = asked
    try {
      const statistics = await (agentId === null ? callHub('getStatistics') : callHub('getDeviceStatistics', { params: { agentId } }))
      if (turn === latest) week.value = weekOf(statistics, kind)
      return placesOf(statistics)
    } catch {
      // The line stays away; the list below says what is wrong.
      if (turn === latest) week.value = null
      return undefined
    }
  }
  const soon = gather(() => void load(), settleMs)
  const stop = followTopics(['runs'], {
    load,
    onEvent: (event) => event.type === 'run.changed' && !isActive(event.body.state) && soon.ask(),
  })
  watch(
    () => JSON.stringify(toValue(of)),
    () => void load(),
  )
  onScopeDispose(() => {
    soon.stop()
    stop()
  })
  return week
}
