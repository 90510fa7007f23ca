import { isDeepStrictEqual } from 'node:util'
import { Retention } from '@holdfast/shared-types'
import { goingOf, judgeSnapshots, needsWord, type Circumstances, type JudgedSnapshot } from './judge-snapshots.ts'
import type { RetentionPaceRow } from './retention-pace.entity.ts'
import type { JudgeableSnapshot } from './snapshots-of-plans.ts'

/*
 * More than half of a plan's snapshots at once wait for somebody's word. Whoever may change rules, and changes them again and again, would get everything
 * with a few halves: so what changes let go is counted together. What unchanged rules let go day by day is not: that is their work.
 */

/** Longer than a deletion can be had back unless a vault says otherwise (14 days), so that halves do not follow each other unseen. */
const paceMs = 30 * 24 * 60 * 60 * 1000

/** A row of it, as it is understood. */
export interface Pace {
  readonly rules: Retention | null
  readonly since: Date | null
  readonly total: number
  readonly gone: number
  readonly versionsPerFile: number | null
  readonly versionsTakenAt: Date | null
}

/** Of a plan to which none were applied yet: all that its first rules let go is by a change. */
const noPace: Pace = { rules: null, since: null, total: 0, gone: 0, versionsPerFile: null, versionsTakenAt: null }

/** Rules that cannot be read are as if there had been none. */
export function paceOf(row: RetentionPaceRow | null): Pace {
  if (row === null) return noPace
  const { rules, since = null, total, gone, versionsPerFile = null, versionsTakenAt = null } = row
  return { rules: Retention.safeParse(rules).data ?? null, since, total, gone, versionsPerFile, versionsTakenAt }
}

/** What an application of rules would do to a plan, beside what changes of them have done already. */
export interface Toll {
  /** How many go of how many. */
  readonly going: number
  readonly of: number
  /** How many of those the rules before would have kept. */
  readonly byChange: number
  /** Since when changes are counted, how many the plan had then, and how many went so. */
  readonly since: Date | null
  readonly total: number
  readonly gone: number
}

export interface Judgement {
  readonly snapshots: readonly JudgeableSnapshot[]
  readonly rules: Retention | null
  readonly judged: readonly JudgedSnapshot[]
  readonly around: Omit<Circumstances, 'refused'>
}

export function tollOf({ snapshots, rules, judged, around }: Judgement, pace: Pace): Toll {
  const going = goingOf(judged)
  const isCounted = pace.since !== null && pace.since.getTime() > around.nowMs - paceMs
  return {
    going: going.length,
    of: judged.length,
    byChange: isDeepStrictEqual(pace.rules, rules) ? 0 : keptUntilNow(snapshots, pace.rules, around, going),
    ...(isCounted ? { since: pace.since, total: pace.total, gone: pace.gone } : { since: null, total: judged.length, gone: 0 }),
  }
}

function keptUntilNow(
  snapshots: readonly JudgeableSnapshot[],
  rules: Retention | null,
  around: Judgement['around'],
  going: readonly { readonly id: string }[],
): number {
  const gone = new Set<string>(goingOf(judgeSnapshots(snapshots, rules, { ...around, refused: new Set() })).map(({ id }) => id))
  return going.filter(({ id }) => !gone.has(id)).length
}

const isHalfAtOnce = ({ going, of }: Toll): boolean => needsWord(going, of)

export const tollNeedsWord = (toll: Toll): boolean =>
  isHalfAtOnce(toll) || (toll.byChange > 0 && needsWord(toll.gone + toll.byChange, toll.total))

/** What a wait says: of how many, and how many of them are gone already. */
export const toldOf = (toll: Toll): { readonly total: number; readonly goneBefore: number } =>
  isHalfAtOnce(toll) ? { total: toll.of, goneBefore: 0 } : { total: toll.total, goneBefore: toll.gone }

/** Once these rules are applied. */
export const paceAfter = (pace: Pace, rules: Retention | null, { since, total, gone, byChange }: Toll, nowMs: number): Pace => ({
  ...pace,
  rules,
  since: since ?? (byChange > 0 ? new Date(nowMs) : null),
  total,
  gone: gone + byChange,
})

/** Somebody has looked: what follows is counted anew. */
export const paceAgreed = (pace: Pace, rules: Retention | null): Pace => ({ ...pace, rules, since: null, total: 0, gone: 0 })

const isLower = ({ versionsPerFile }: Pace, limit: number): boolean => versionsPerFile === null || limit < versionsPerFile

/** A limit of versions that is lowered soon after it was lowered. */
export const limitIsLoweredAgain = (pace: Pace, limit: number, nowMs: number): boolean =>
  isLower(pace, limit) && pace.versionsTakenAt !== null && pace.versionsTakenAt.getTime() > nowMs - paceMs

/** Once the limit is carried out. @param isWordless something goes that nobody has looked at */
export const paceOfLimit = (pace: Pace, limit: number, isWordless: boolean, nowMs: number): Pace =>
  isLower(pace, limit) ? { ...pace, versionsPerFile: limit, versionsTakenAt: isWordless ? new Date(nowMs) : pace.versionsTakenAt } : pace
