import type { Retention } from './retention.ts'

/* Without a schema: the console asks the same as the hub. */

export const ruleCounts = ['keepLast', 'keepHourly', 'keepDaily', 'keepWeekly', 'keepMonthly', 'keepYearly'] as const
export const withinUnits = ['hours', 'days', 'months', 'years'] as const

const withinOf = (rules: Retention, unit: (typeof withinUnits)[number]): number => rules.keepWithin?.[unit] ?? 0

/** Whether rules say which snapshots stay. A limit of versions alone lets all of them stay. */
export const choosesSnapshots = (rules: Retention): boolean =>
  ruleCounts.some((name) => rules[name] > 0) || withinUnits.some((unit) => withinOf(rules, unit) > 0)

/**
 * Whether rules may let something go, now or later, that those before would keep: one of them keeps less, however much more the others do. Null: everything is kept.
 */
export function keepsLess(before: Retention | null, after: Retention | null): boolean {
  if (after === null) return false
  if (before === null) return true
  return choosesFewer(before, after) || after.minimumAgeDays < before.minimumAgeDays || hasFewerVersions(before, after)
}

function choosesFewer(before: Retention, after: Retention): boolean {
  if (!choosesSnapshots(after)) return false
  if (!choosesSnapshots(before)) return true
  return ruleCounts.some((name) => after[name] < before[name]) || withinUnits.some((unit) => withinOf(after, unit) < withinOf(before, unit))
}

const hasFewerVersions = (before: Retention, after: Retention): boolean =>
  after.versionsPerFile !== null && (before.versionsPerFile === null || after.versionsPerFile < before.versionsPerFile)
