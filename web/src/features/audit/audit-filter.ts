import type { Api, AuditEntry, QueryOf } from '@holdfast/shared-types'

export interface AuditFilter {
  readonly actor: string | null
  readonly action: string | null
  readonly object: string | null
  readonly outcome: AuditEntry['outcome'] | null
  /** First and last day, as `2026-11-21`, in the reader's time zone. */
  readonly from: string | null
  readonly to: string | null
}

export const outcomes = ['done', 'refused', 'failed'] as const satisfies readonly AuditEntry['outcome'][]

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' && value.length <= 100 ? value : null)

/** Midnight with which a day begins here; null: no day of the calendar. */
function startOfDayMs(day: string, daysLater = 0): number | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day)
  if (parts === null) return null
  const [, year, month, date] = parts.map(Number) as [number, number, number, number]
  const named = new Date(year, month - 1, date)
  if (named.getMonth() !== month - 1 || named.getDate() !== date) return null
  return new Date(year, month - 1, date + daysLater).getTime()
}

const dayOf = (value: unknown): string | null => {
  const day = textOf(value)
  return day !== null && startOfDayMs(day) !== null ? day : null
}

/** Reads the filter of the address; what is no filter is left out. */
export function readFilter(query: Readonly<Record<string, unknown>>): AuditFilter {
  const outcome = textOf(query['outcome'])
  return {
    actor: textOf(query['actor']),
    action: textOf(query['action']),
    object: textOf(query['object']),
    outcome: outcomes.find((known) => known === outcome) ?? null,
    from: dayOf(query['from']),
    to: dayOf(query['to']),
  }
}

/** The other way: what is not filtered does not stand in the address. */
export const filterQuery = (filter: AuditFilter): Record<string, string> =>
  Object.fromEntries(Object.entries(filter).filter((pair): pair is [string, string] => pair[1] !== null))

export const isFiltered = (filter: AuditFilter): boolean => Object.values(filter).some((value) => value !== null)

type AuditQuery = Partial<QueryOf<Api['listAudit']>>

/** As the hub is asked; the last day counts whole. */
export function filterCall({ actor, action, object, outcome, from, to }: AuditFilter): AuditQuery {
  const sinceMs = from === null ? null : startOfDayMs(from)
  const untilMs = to === null ? null : startOfDayMs(to, 1)
  return {
    ...(actor === null ? {} : { actorId: actor }),
    ...(action === null ? {} : { action }),
    ...(object === null ? {} : { objectId: object }),
    ...(outcome === null ? {} : { outcome }),
    ...(sinceMs === null ? {} : { sinceMs: Math.max(0, sinceMs) }),
    ...(untilMs === null ? {} : { untilMs: Math.max(0, untilMs) }),
  }
}
