import type { AgentId, Statistics } from '@holdfast/shared-types'
import { onScopeDispose, shallowRef } from 'vue'
import { callHub } from '../../platform/api/call-hub.ts'
import { placesOf, type LivePlaces } from '../../platform/api/live-place.ts'
import { followTopics } from '../../platform/realtime/follow-topics.ts'

// 2 s: runs of a fleet end in bunches, and one question is enough for all of them.
const gatherMs = 2_000

/** How runs went lately, of one device or of all; asked again when one ended. */
export function useStatistics(agentId?: AgentId) {
  const statistics = shallowRef<Statistics | null>(null)
  const error = shallowRef<unknown>(null)
  let latest = 0
  let gathering: ReturnType<typeof setTimeout> | undefined

  async function load(): Promise<LivePlaces | undefined> {
    clearTimeout(gathering)
    gathering = undefined
    const turn = ++latest
    try {
      const answer = agentId === undefined ? await callHub('getStatistics') : await callHub('getDeviceStatistics', { params: { agentId } })
      if (turn !== latest) return undefined
      statistics.value = answer
      error.value = null
      return placesOf(answer)
    } catch (cause) {
      if (turn === latest) error.value = cause
      return undefined
    }
  }

  const stop = followTopics(['runs'], {
    load,
    onEvent(event) {
      if (event.type !== 'run.changed' || event.body.finishedAtMs === null) return
      if (agentId === undefined || event.body.agentId === agentId) gathering ??= setTimeout(() => void load(), gatherMs)
    },
  })
  onScopeDispose(() => {
    stop()
    clearTimeout(gathering)
  })
  return { statistics, error, load }
}

/** Local midnight of a day as the hub writes it: charts stand on local time, and the day is to keep its date. */
export function dayMs(day: string): number {
  const [year = 1970, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date).getTime()
}
