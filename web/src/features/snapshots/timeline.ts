import type { AgentId, Snapshot, SnapshotStatus } from '@holdfast/shared-types'
import { compareNames } from '../../platform/i18n/compare-names.ts'

/** What of all snapshots is shown; null and the empty text let everything through. Kept in the page's address. */
export interface TimelineFilter {
  readonly device: string | null
  /** Name of a plan; empty = made by hand. */
  readonly plan: string | null
  readonly status: SnapshotStatus | null
  /** Part of a device's, host's or plan's name, or of a folder. */
  readonly text: string
  /** First and last day, as `dayOf` writes them. */
  readonly from: string | null
  readonly until: string | null
}

export const noFilter: TimelineFilter = { device: null, plan: null, status: null, text: '', from: null, until: null }

const two = (value: number): string => String(value).padStart(2, '0')
const keyOf = (date: Date): string => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`

/** The day of the reader's clock: `2026-11-21`. */
export const dayOf = (timeMs: number): string => keyOf(new Date(timeMs))

/** Noon of a day, which is in it in every time zone and in every summer time. */
export function noonOf(day: string): number {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date, 12).getTime()
}

export const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && dayOf(noonOf(text)) === text

export function filterSnapshots(
  snapshots: readonly Snapshot[],
  { device, plan, status, text, from, until }: TimelineFilter,
  hostNames: ReadonlyMap<AgentId, string>,
): readonly Snapshot[] {
  const wanted = text.trim().toLocaleLowerCase()
  const isNamed = ({ agentId, deviceName, plan: name, roots }: Snapshot): boolean =>
    [deviceName, hostNames.get(agentId) ?? '', name ?? '', ...roots.map(({ path }) => path)].some((part) =>
      part.toLocaleLowerCase().includes(wanted),
    )
  const isWithin = ({ createdAtMs }: Snapshot): boolean => {
    if (from === null && until === null) return true
    const day = dayOf(createdAtMs)
    return (from === null || day >= from) && (until === null || day <= until)
  }
  return snapshots.filter(
    (snapshot) =>
      (device === null || snapshot.agentId === device) &&
      (plan === null || (snapshot.plan ?? '') === plan) &&
      (status === null || snapshot.status === status) &&
      (wanted === '' || isNamed(snapshot)) &&
      isWithin(snapshot),
  )
}

/** What became more or less since the one before it; null where there is none to compare with. */
export interface SnapshotChange {
  readonly files: number
  readonly bytes: number
}

const sameKind = ({ agentId, plan, roots }: Snapshot): string => JSON.stringify([agentId, plan, roots.map(({ path }) => path).sort()])

/** For each snapshot how it differs from the one before of the same device, plan and folders. @param snapshots newest first, all of them */
export function changesOf(snapshots: readonly Snapshot[]): ReadonlyMap<Snapshot['id'], SnapshotChange> {
  const newer = new Map<string, SnapshotChange & Pick<Snapshot, 'id'>>()
  const changes = new Map<Snapshot['id'], SnapshotChange>()
  for (const snapshot of snapshots) {
    // Half of a backup says nothing about what was removed, nor does one of which nobody knows the figures.
    if (snapshot.status === 'partial' || snapshot.files === null || snapshot.bytes === null) continue
    const kind = sameKind(snapshot)
    const after = newer.get(kind)
    if (after !== undefined) changes.set(after.id, { files: after.files - snapshot.files, bytes: after.bytes - snapshot.bytes })
    newer.set(kind, { id: snapshot.id, files: snapshot.files, bytes: snapshot.bytes })
  }
  return changes
}

export type TimelineRow =
  | { readonly kind: 'month'; readonly key: string; readonly timeMs: number }
  | { readonly kind: 'day'; readonly key: string; readonly timeMs: number; readonly count: number }
  | { readonly kind: 'snapshot'; readonly key: string; readonly snapshot: Snapshot }

/** Snapshots under their days, days under their months. @param snapshots newest first */
export function timelineRows(snapshots: readonly Snapshot[]): readonly TimelineRow[] {
  const counts = new Map<string, number>()
  const days = snapshots.map(({ createdAtMs }) => dayOf(createdAtMs))
  for (const day of days) counts.set(day, (counts.get(day) ?? 0) + 1)
  const rows: TimelineRow[] = []
  let lastDay = ''
  for (const [index, snapshot] of snapshots.entries()) {
    const day = days[index] ?? ''
    if (day !== lastDay) {
      const timeMs = noonOf(day)
      if (day.slice(0, 7) !== lastDay.slice(0, 7)) rows.push({ kind: 'month', key: day.slice(0, 7), timeMs })
      rows.push({ kind: 'day', key: day, timeMs, count: counts.get(day) ?? 0 })
      lastDay = day
    }
    rows.push({ kind: 'snapshot', key: snapshot.id, snapshot })
  }
  return rows
}

export type StripUnit = 'days' | 'weeks'

/** One day or week of one device. */
export interface StripCell {
  readonly from: string
  readonly until: string
  readonly count: number
  /** The best of them: one whole backup is what counts. Null: none was made. */
  readonly status: SnapshotStatus | null
}
export interface StripRow {
  readonly agentId: AgentId
  readonly name: string
  readonly cells: readonly StripCell[]
}

/** 30 days, or 26 weeks that begin on Mondays; the last one is that of `nowMs`. */
export function stripPeriods(unit: StripUnit, nowMs: number): readonly { readonly from: string; readonly until: string }[] {
  const today = new Date(noonOf(dayOf(nowMs)))
  const plus = (date: Date, days: number): Date => new Date(date.getFullYear(), date.getMonth(), date.getDate() + days, 12)
  if (unit === 'days')
    return Array.from({ length: 30 }, (_, index) => keyOf(plus(today, index - 29))).map((day) => ({ from: day, until: day }))
  const monday = plus(today, -((today.getDay() + 6) % 7))
  return Array.from({ length: 26 }, (_, index) => plus(monday, (index - 25) * 7)).map((from) => ({
    from: keyOf(from),
    until: keyOf(plus(from, 6)),
  }))
}

const rank: Readonly<Record<SnapshotStatus, number>> = { partial: 1, 'complete-with-errors': 2, complete: 3 }

/** Devices by name, each with what was made of it in each period. */
export function stripRows(snapshots: readonly Snapshot[], unit: StripUnit, nowMs: number): readonly StripRow[] {
  const periods = stripPeriods(unit, nowMs)
  const placeOfDay = new Map<string, number>()
  for (const [index, { from, until }] of periods.entries())
    for (let day = from; day <= until; day = dayOf(noonOf(day) + 86_400_000)) placeOfDay.set(day, index)
  const byDevice = new Map<AgentId, { name: string; cells: { count: number; status: SnapshotStatus | null }[] }>()
  for (const { agentId, deviceName, createdAtMs, status } of snapshots) {
    const device = byDevice.get(agentId) ?? { name: deviceName, cells: periods.map(() => ({ count: 0, status: null })) }
    byDevice.set(agentId, device)
    const cell = device.cells[placeOfDay.get(dayOf(createdAtMs)) ?? -1]
    if (cell === undefined) continue
    cell.count++
    if (status !== null && (cell.status === null || rank[status] > rank[cell.status])) cell.status = status
  }
  return [...byDevice]
    .map(([agentId, { name, cells }]) => ({
      agentId,
      name,
      cells: periods.map((period, index) => ({ ...period, ...(cells[index] ?? { count: 0, status: null }) })),
    }))
    .sort((a, b) => compareNames(a.name, b.name))
}
