import type { SnapshotStatus } from '@holdfast/shared-types'
import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { isDay, noFilter, type StripUnit, type TimelineFilter } from './timeline.ts'

const statuses: readonly SnapshotStatus[] = ['complete', 'complete-with-errors', 'partial']
/** In the address a plan that is none needs a word. */
const byHand = '-'

type Query = Readonly<Record<string, unknown>>
const text = (query: Query, name: string): string | null => {
  const value = query[name]
  return typeof value === 'string' && value !== '' ? value : null
}
const day = (query: Query, name: string): string | null => {
  const value = text(query, name)
  return value !== null && isDay(value) ? value : null
}

/** What an address asks for; what is no filter in it means nothing. */
export function filterOfQuery(query: Query): TimelineFilter {
  const plan = text(query, 'plan')
  return {
    device: text(query, 'device'),
    plan: plan === byHand ? '' : plan,
    status: statuses.find((status) => status === query['status']) ?? null,
    text: text(query, 'q') ?? '',
    from: day(query, 'from'),
    until: day(query, 'until'),
  }
}

export type KeptView = 'kept' | 'deleted'

export function queryOfFilter(filter: TimelineFilter, unit: StripUnit): Record<string, string> {
  const entries = [
    ['device', filter.device],
    ['plan', filter.plan === '' ? byHand : filter.plan],
    ['status', filter.status],
    ['q', filter.text === '' ? null : filter.text],
    ['from', filter.from],
    ['until', filter.until],
    ['span', unit === 'weeks' ? unit : null],
  ] as const
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}

/** The filters of the page, in its address: a link to what somebody sees shows the same to another. */
export function useTimelineQuery() {
  const route = useRoute()
  const router = useRouter()
  const filter = computed(() => filterOfQuery(route.query))
  const unit = computed<StripUnit>(() => (route.query['span'] === 'weeks' ? 'weeks' : 'days'))
  const kept = computed<KeptView>(() => (route.query['kept'] === 'deleted' ? 'deleted' : 'kept'))
  const go = (next: TimelineFilter, span: StripUnit) => void router.replace({ query: queryOfFilter(next, span) })
  return {
    filter,
    unit,
    kept,
    change: (part: Partial<TimelineFilter>) => go({ ...filter.value, ...part }, unit.value),
    clear: () => go(noFilter, unit.value),
    setUnit: (next: StripUnit) => go(filter.value, next),
    setKept: (view: KeptView) =>
      void router.push({ query: { ...queryOfFilter(filter.value, unit.value), ...(view === 'deleted' ? { kept: view } : {}) } }),
  }
}
