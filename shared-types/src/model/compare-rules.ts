import type { Retention } from './retention.ts'

/* Without a schema: the console asks the same as the hub. */

export const ruleCounts = ['keepLast', 'keepHourly', 'keepDaily', 'keepWeekly', 'keepMonthly', 'keepYearly'] as const
export const withinUnits = ['hours', 'days', 'months', 'years'] as const

const withinOf = (rules: Retention, unit: (typeof withinUnits)[number]): number => rules.keepWithin?.[unit] ?? 0

/** Whether rules say which snapshots stay. A limit of versions alone lets all of them stay. */
export const choosesSnapshots = (rules: Retention): boolean =>
  ruleCounts.some((name) => rules[name] > 0) || withinUnits.some((unit) => withinOf(rules, unit) > 0)

/** Whether a length of time may be the shorter one, whatever months and years it meets. */
function isShorter(before: Retention, after: Retention): boolean {
  const [then, now] = [lengthOf(before), lengthOf(after)]
  return (now.months < then.months || now.hours < then.hours) && now.shortestHours < then.longestHours
}

/** Years have 12 months and days 24 hours, as both are counted in UTC; a month has 28 to 31 days, 12 of them 365 or 366. */
function lengthOf(rules: Retention) {
  const months = 12 * withinOf(rules, 'years') + withinOf(rules, 'months')
  const hours = 24 * withinOf(rules, 'days') + withinOf(rules, 'hours')
  const [years, rest] = [Math.floor(months / 12), months % 12]
  return { months, hours, shortestHours: hours + 24 * (365 * years + 28 * rest), longestHours: hours + 24 * (366 * years + 31 * rest) }
}

/**
 * Whether rules may let something go, now or later, that those before would keep: one of them keeps less, however much more the others do. Null: everything is kept.
 * One thing it does not see: a limit of versions counts over all snapshots that stay, so where more of them stay, older contents of a file leave sooner.
 */
export function keepsLess(before: Retention | null, after: Retention | null): boolean {
  if (after === null) return false
  if (before === null) return true
  return choosesFewer(before, after) || after.minimumAgeDays < before.minimumAgeDays || hasFewerVersions(before, after)
}

function choosesFewer(before: Retention, after: Retention): boolean {
  if (!choosesSnapshots(after)) return false
  if (!choosesSnapshots(before)) return true
  return ruleCounts.some((name) => after[name] < before[name]) || isShorter(before, after)
}

const hasFewerVersions = (before: Retention, after: Retention): boolean =>
  after.versionsPerFile !== null && (before.versionsPerFile === null || after.versionsPerFile < before.versionsPerFile)
