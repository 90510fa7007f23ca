import type { AgentId, PlanId, RunKind, RunState } from '@holdfast/shared-types'

/** States by what somebody wants to see; the words of the address and of the choice. */
export const stateGroups = {
  active: ['queued', 'offered', 'running', 'committing'],
  attention: ['failed', 'expired', 'warning'],
  failed: ['failed', 'expired'],
  warning: ['warning'],
  succeeded: ['succeeded'],
  cancelled: ['cancelled'],
} as const satisfies Record<string, readonly RunState[]>
export type StateGroup = keyof typeof stateGroups

/** Days back from now, or days of the calendar. */
export const timeSpans = { '24h': 1, '7d': 7, '30d': 30 } as const
export type TimeSpan = keyof typeof timeSpans

/** What the page of runs is asked to show; all of it stands in the address. */
export interface RunsFilter {
  readonly kind: RunKind | null
  readonly states: StateGroup | null
  readonly agentId: AgentId | null
  readonly planId: PlanId | null
  readonly span: TimeSpan | null
  /** Calendar days `YYYY-MM-DD`, both included; only without a span. */
  readonly from: string | null
  readonly to: string | null
}

export const noFilter: RunsFilter = { kind: null, states: null, agentId: null, planId: null, span: null, from: null, to: null }

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))
const kinds: readonly string[] = ['backup', 'restore', 'verify'] satisfies RunKind[]

type Query = Readonly<Record<string, unknown>>

/** Reads the address; what it does not understand is left out, as an old link must still show something. */
export function readFilter(query: Query): RunsFilter {
  const text = (name: string, fits: (value: string) => boolean): string | null => {
    const value = query[name]
    return typeof value === 'string' && fits(value) ? value : null
  }
  const span = text('time', (value) => Object.hasOwn(timeSpans, value)) as TimeSpan | null
  return {
    kind: text('kind', (value) => kinds.includes(value)) as RunKind | null,
    states: text('state', (value) => Object.hasOwn(stateGroups, value)) as StateGroup | null,
    agentId: text('device', (value) => uuid.test(value)) as AgentId | null,
    planId: text('plan', (value) => uuid.test(value)) as PlanId | null,
    span,
    from: span === null ? text('from', isDay) : null,
    to: span === null ? text('to', isDay) : null,
  }
}

/** The address of a filter; what is not filtered is not in it. */
export function addressOf({ kind, states, agentId, planId, span, from, to }: RunsFilter): Record<string, string> {
  const all = {
    kind,
    state: states,
    device: agentId,
    plan: planId,
    time: span,
    from: span === null ? from : null,
    to: span === null ? to : null,
  }
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}

export const isFiltered = (filter: RunsFilter): boolean => Object.keys(addressOf(filter)).length > 0

export interface TimeRange {
  readonly createdAfterMs?: number | undefined
  readonly createdBeforeMs?: number | undefined
}

const dayMs = 24 * 60 * 60 * 1000

/** Midnight of the reader's own time zone; `later` days after it. */
function midnight(day: string, later = 0): number {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date + later).getTime()
}

/** The moments that a filter means. */
export function rangeOf({ span, from, to }: Pick<RunsFilter, 'span' | 'from' | 'to'>, nowMs: number): TimeRange {
  if (span !== null) return { createdAfterMs: nowMs - timeSpans[span] * dayMs }
  return {
    createdAfterMs: from === null ? undefined : midnight(from),
    createdBeforeMs: to === null ? undefined : midnight(to, 1),
  }
}

/** Runs of a list, newest first, that a filter still means: "the last 24 hours" goes on while the page is open. */
export function stillMeant<T extends { readonly createdAtMs: number }>(
  runs: readonly T[],
  filter: RunsFilter,
  nowMs: number,
): readonly T[] {
  const fromMs = filter.span === null ? -Infinity : (rangeOf(filter, nowMs).createdAfterMs ?? -Infinity)
  const end = runs.findIndex(({ createdAtMs }) => createdAtMs < fromMs)
  return end === -1 ? runs : runs.slice(0, end)
}
