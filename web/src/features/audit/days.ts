import type { AuditEntry } from '@holdfast/shared-types'

export interface DayOfEntries {
  /** Any moment of the day; unique among days. */
  readonly atMs: number
  readonly entries: readonly AuditEntry[]
}

/** Groups entries that follow each other on one day of the reader's calendar. */
export function byDay(entries: readonly AuditEntry[]): DayOfEntries[] {
  const days: { atMs: number; key: string; entries: AuditEntry[] }[] = []
  for (const entry of entries) {
    const key = new Date(entry.atMs).toDateString()
    const last = days.at(-1)
    if (last?.key === key) last.entries.push(entry)
    else days.push({ atMs: entry.atMs, key, entries: [entry] })
  }
  return days
}
