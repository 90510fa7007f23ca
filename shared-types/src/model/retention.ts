import { z } from 'zod'
import { AgentId, PlanId, SnapshotId } from '../primitives/ids.ts'
import { ByteCount, Count, TimeMs } from '../primitives/wire-path.ts'
import { SnapshotStatus } from './snapshot.ts'

/** Younger snapshots go by a rule only where somebody said so: whoever deletes what is so young may be an intruder, or a rule that is wrong. */
export const standardMinimumAgeDays = 7

const count = z.int().min(0).max(10_000).default(0)

/** A length of time; months and years are those of the calendar. */
const Within = z
  .strictObject({
    years: z.int().min(0).max(100).default(0),
    months: z.int().min(0).max(1200).default(0),
    days: z.int().min(0).max(36_500).default(0),
    hours: z.int().min(0).max(100_000).default(0),
  })
  .refine((within) => Object.values(within).some((part) => part > 0), 'A length of time is longer than nothing.')

/**
 * How much is kept of a plan's snapshots: whatever one of these rules keeps. 0 and null keep nothing; rules that keep nothing at all are no rules, and refused:
 * without rules everything is kept. Held snapshots and the newest whole one stay in any case.
 */
export const Retention = z
  .strictObject({
    /** The newest so many. */
    keepLast: count,
    /** The newest of each of the last so many hours that have one, by the device's time zone; likewise below. */
    keepHourly: count,
    keepDaily: count,
    /** Weeks begin on Monday. */
    keepWeekly: count,
    keepMonthly: count,
    keepYearly: count,
    /** All that were made within this time before the newest one. */
    keepWithin: Within.nullable().default(null),
    /** Whatever is younger stays. Below 7, snapshots of the last days go as well: an administrator has to say so. */
    minimumAgeDays: z.int().min(0).max(3650).default(standardMinimumAgeDays),
    /**
     * Of each file the newest so many different contents at most, in all snapshots that stay: older ones are taken out of the snapshots that have them. Null: all.
     * The newest snapshot, held ones and those that are younger than `minimumAgeDays` lose nothing. Without another rule all snapshots stay.
     */
    versionsPerFile: z.int().min(1).max(1000).nullable().default(null),
  })
  .refine(
    ({ keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly, keepYearly, keepWithin, versionsPerFile }) =>
      keepWithin !== null || versionsPerFile !== null || keepLast + keepHourly + keepDaily + keepWeekly + keepMonthly + keepYearly > 0,
    'Rules keep something: say how much, or leave them out to keep everything.',
  )
  .meta({ id: 'Retention', description: 'How much is kept of a plan\u2019s snapshots' })
export type Retention = z.infer<typeof Retention>

/**
 * Why a snapshot stays: a rule by its name; `everything`: there are no rules; `minimum-age`; `held`; `newest`: the newest whole one; `partial`: newer than any whole
 * one; `in-use`: a run reads it just now; `refused`: it was to go, and somebody said no.
 */
export const KeptFor = z.enum([
  'everything',
  'last',
  'hourly',
  'daily',
  'weekly',
  'monthly',
  'yearly',
  'within',
  'minimum-age',
  'held',
  'newest',
  'partial',
  'in-use',
  'refused',
])
export type KeptFor = z.infer<typeof KeptFor>

/** What rules would do now. Changes nothing. */
export const RetentionPreview = z
  .object({
    /** Newest first. */
    snapshots: z.array(
      z.object({
        snapshotId: SnapshotId,
        createdAtMs: TimeMs,
        status: SnapshotStatus,
        bytes: ByteCount,
        /** Empty: it goes. */
        keptFor: z.array(KeptFor),
        /** Stored for this one alone; null for one that stays. What several that go share is freed as well, and in `bytesFreed`. */
        bytesOwn: ByteCount.nullable(),
      }),
    ),
    goes: Count,
    /** Stored for those that go alone: what a collection can free in the end. */
    bytesFreed: ByteCount,
    /** Days in which they could be had back. */
    undoDays: Count,
    /** Of more than half of them at once: nothing would go before somebody agreed. */
    needsWord: z.boolean(),
    /** In which hours, days, weeks, months and years are counted. */
    timeZone: z.string(),
    /** Of the same device, and under no rule: made by hand, by plans that are gone, or of a status that nobody knows (see `Snapshot`). They stay. */
    withoutRules: Count,
  })
  .meta({ id: 'RetentionPreview', description: 'What rules would keep and let go' })
export type RetentionPreview = z.infer<typeof RetentionPreview>

/** What a limit of versions takes out of snapshots that stay. */
export const VersionLimitEffect = z.object({
  /** Written anew with less in them. */
  snapshots: Count,
  /** Files that leave, each time one occurs. */
  entries: Count,
  /** Sizes of these, each time one occurs; what a collection can free in the end is less where contents are stored once. */
  bytes: ByteCount,
  /** Files there are in all snapshots of the plan, each time one occurs. */
  ofEntries: Count,
})
export type VersionLimitEffect = z.infer<typeof VersionLimitEffect>

/** Rules want to let go more than half of a plan's snapshots: nothing goes until somebody agrees. */
export const RetentionWait = z
  .object({
    /** Another one whenever other snapshots wait, or the rules have changed: one agrees to what one has seen. */
    id: z.uuid(),
    planId: PlanId,
    planName: z.string(),
    agentId: AgentId,
    deviceName: z.string(),
    foundAtMs: TimeMs,
    /** Oldest first. */
    snapshotIds: z.array(SnapshotId),
    /** Of so many. */
    total: Count,
    bytesFreed: ByteCount,
    /** Likewise, a limit of versions that wants more than half of all files' occurrences to go; null where none waits, and from a hub that knows no such limit. */
    versions: VersionLimitEffect.extend({ perFile: Count }).nullable().default(null),
  })
  .meta({ id: 'RetentionWait', description: 'Snapshots that wait for somebody\u2019s word before rules let them go' })
export type RetentionWait = z.infer<typeof RetentionWait>
