import { periodsOf, type Periods } from './calendar-periods.ts'
import type { Duration, RetentionRules } from './retention-rules.ts'

/** A snapshot, as far as rules look at it. */
export interface Candidate {
  readonly id: string
  /** When the hub received it, ms: a device's clock decides nothing. */
  readonly receivedAt: number
  /** Grows with each snapshot of the device: which of two of the same millisecond is newer. */
  readonly seq: number
  /** Not cut short. A partial one never takes the place of a whole one. */
  readonly isWhole: boolean
  /** Somebody said that it stays. */
  readonly isHeld: boolean
}

/**
 * Why a snapshot stays: a rule by its name; `everything` without any rule; `minimum-age`; `held`; `newest`, the newest whole one, which always stays;
 * `partial`, which is newer than any whole one.
 */
export type KeptFor =
  | 'everything'
  | 'last'
  | 'hourly'
  | 'daily'
  | 'weekly'
  | 'monthly'
  | 'yearly'
  | 'within'
  | 'minimum-age'
  | 'held'
  | 'newest'
  | 'partial'

export interface Verdict<Snapshot extends Candidate> {
  readonly snapshot: Snapshot
  /** Empty: it may go. */
  readonly keptFor: readonly KeptFor[]
}

interface Calendar {
  readonly timeZone: string
  /** ms, by the hub's clock. */
  readonly now: number
}

/**
 * What the rules keep of the snapshots of one device and plan, newest first. Depends on nothing else, and not on their order; applied to what it kept, at the
 * same time, it keeps all of it.
 */
export function selectSnapshots<Snapshot extends Candidate>(
  snapshots: readonly Snapshot[],
  rules: RetentionRules,
  calendar: Calendar,
): Verdict<Snapshot>[] {
  const newestFirst = snapshots.toSorted((one, other) => other.receivedAt - one.receivedAt || other.seq - one.seq)
  const whole = newestFirst.filter(({ isWhole }) => isWhole)
  const reasons = new Map<Snapshot, KeptFor[]>(newestFirst.map((snapshot) => [snapshot, []]))
  const keep = (why: KeptFor, kept: readonly Snapshot[]) => kept.forEach((snapshot) => reasons.get(snapshot)?.push(why))

  if (keepsEverything(rules)) keep('everything', newestFirst)
  keep('last', whole.slice(0, rules.keepLast ?? 0))
  keepPeriods(whole, rules, calendar.timeZone, keep)
  keep('within', within(whole, rules.keepWithin))
  keep('minimum-age', youngerThan(newestFirst, rules.minimumAgeMs, calendar.now))
  keep(
    'held',
    newestFirst.filter(({ isHeld }) => isHeld),
  )
  keep('newest', whole.slice(0, 1))
  keep('partial', newestFirst.slice(0, whole[0] === undefined ? undefined : newestFirst.indexOf(whole[0])))
  return newestFirst.map((snapshot) => ({ snapshot, keptFor: reasons.get(snapshot) ?? [] }))
}

function keepsEverything(rules: RetentionRules): boolean {
  const { keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly, keepYearly, keepWithin } = rules
  return ![keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly, keepYearly, ...Object.values(keepWithin ?? {})].some(Boolean)
}

function keepPeriods<Snapshot extends Candidate>(
  newestFirst: readonly Snapshot[],
  rules: RetentionRules,
  timeZone: string,
  keep: (why: KeptFor, kept: readonly Snapshot[]) => void,
): void {
  const wanted: readonly (readonly [KeptFor, keyof Periods, number | undefined])[] = [
    ['hourly', 'hour', rules.keepHourly],
    ['daily', 'day', rules.keepDaily],
    ['weekly', 'week', rules.keepWeekly],
    ['monthly', 'month', rules.keepMonthly],
    ['yearly', 'year', rules.keepYearly],
  ]
  if (!wanted.some(([, , count]) => count)) return
  const periods = periodsOf(timeZone)
  const dated = newestFirst.map((snapshot) => ({ snapshot, ...periods(snapshot.receivedAt) }))
  for (const [why, period, count = 0] of wanted) keep(why, newestOfEach(dated, period, count))
}

function newestOfEach<Snapshot>(
  newestFirst: readonly (Periods & { readonly snapshot: Snapshot })[],
  period: keyof Periods,
  count: number,
): Snapshot[] {
  const kept = new Map<string, Snapshot>()
  for (const dated of newestFirst) {
    if (kept.has(dated[period])) continue
    if (kept.size === count) break
    kept.set(dated[period], dated.snapshot)
  }
  return [...kept.values()]
}

function within<Snapshot extends Candidate>(newestFirst: readonly Snapshot[], duration: Duration | undefined): Snapshot[] {
  const [newest] = newestFirst
  if (newest === undefined || !Object.values(duration ?? {}).some(Boolean)) return []
  const since = before(newest.receivedAt, duration ?? {})
  return newestFirst.filter(({ receivedAt }) => receivedAt >= since)
}

function youngerThan<Snapshot extends Candidate>(snapshots: readonly Snapshot[], ageMs = 0, now: number): Snapshot[] {
  return ageMs === 0 ? [] : snapshots.filter(({ receivedAt }) => receivedAt > now - ageMs)
}

/** By the calendar of UTC: a month before 31 March is the last of February. */
function before(atMs: number, { years = 0, months = 0, days = 0, hours = 0 }: Duration): number {
  const at = new Date(atMs)
  const date = at.getUTCDate()
  at.setUTCDate(1)
  at.setUTCMonth(at.getUTCMonth() - months - 12 * years)
  const lastOfMonth = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate()
  at.setUTCDate(Math.min(date, lastOfMonth))
  return at.getTime() - (days * 24 + hours) * 60 * 60 * 1000
}
