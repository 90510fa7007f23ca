/** A length of time as people say it; months and years are those of the calendar. */
export interface Duration {
  readonly years?: number
  readonly months?: number
  readonly days?: number
  readonly hours?: number
}

/**
 * How much is kept of one device and plan. A snapshot stays if any rule keeps it; the rules do not know of each other, so the newest snapshot of today
 * counts as the last one, as that of its hour, day, week, month and year. A rule that is missing or 0 keeps nothing; if all are, everything is kept.
 */
export interface RetentionRules {
  /** The newest so many. */
  readonly keepLast?: number
  /** The newest of each of the last so many hours that have one; an hour without a snapshot does not count. Likewise below. */
  readonly keepHourly?: number
  readonly keepDaily?: number
  /** Weeks begin on Monday (ISO 8601). */
  readonly keepWeekly?: number
  readonly keepMonthly?: number
  readonly keepYearly?: number
  /** All that were received within this time before the newest one. Not before now: a device that was off for a year keeps its last month. */
  readonly keepWithin?: Duration
  /** Whatever is younger stays, in ms of the hub's clock. Keeps nothing by itself: rules that have nothing else keep everything. */
  readonly minimumAgeMs?: number
}
