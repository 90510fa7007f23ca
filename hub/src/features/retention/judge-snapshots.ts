import type { KeptFor, Retention, SnapshotId } from '@holdfast/shared-types'
import { selectSnapshots, type RetentionRules } from '@holdfast/engine/retention'
import { originOf, type SnapshotRecord } from '../vaults/index.ts'
import type { JudgeableSnapshot } from './snapshots-of-plans.ts'

const dayMs = 24 * 60 * 60 * 1000

export interface JudgedSnapshot {
  readonly snapshot: JudgeableSnapshot
  /** Empty: it goes. */
  readonly keptFor: readonly KeptFor[]
}

export interface Circumstances {
  /** Of the device. */
  readonly timeZone: string
  readonly nowMs: number
  readonly inUse: ReadonlySet<SnapshotId>
  /** By `originOf`; once they were by their own id. */
  readonly refused: ReadonlySet<SnapshotId>
}

/** What of a plan's snapshots stays, and why, newest first. @param rules null: everything */
export function judgeSnapshots(
  snapshots: readonly JudgeableSnapshot[],
  rules: Retention | null,
  { timeZone, nowMs, inUse, refused }: Circumstances,
): JudgedSnapshot[] {
  const candidates = snapshots.map((snapshot) => ({
    id: snapshot.id,
    receivedAt: snapshot.receivedAtMs,
    seq: snapshot.seq,
    isWhole: snapshot.status !== 'partial',
    isHeld: snapshot.keeping.held !== null,
    record: snapshot,
  }))
  const select = (of: typeof candidates) => selectSnapshots(of, rules === null ? {} : engineRules(rules), { timeZone, now: nowMs })
  // One that lacks pieces takes nobody's place, and keeps its own: the rules are asked with and without those.
  const undamaged = new Map(
    select(candidates.filter(({ record }) => record.looked.lackingBlobs === 0)).map(({ snapshot, keptFor }) => [snapshot.id, keptFor]),
  )
  return select(candidates).map(({ snapshot, keptFor: atFirst }) => {
    const keptFor = [...new Set([...atFirst, ...(undamaged.get(snapshot.id) ?? [])])]
    return {
      snapshot: snapshot.record,
      keptFor: [
        ...keptFor,
        // Where a rule keeps it anyway, what passes is no reason.
        ...(keptFor.length === 0 && inUse.has(snapshot.record.id) ? (['in-use'] as const) : []),
        ...(keptFor.length === 0 && (refused.has(snapshot.record.id) || refused.has(originOf(snapshot.record)))
          ? (['refused'] as const)
          : []),
      ],
    }
  })
}

export const goingOf = (judged: readonly JudgedSnapshot[]): SnapshotRecord[] =>
  judged.filter(({ keptFor }) => keptFor.length === 0).map(({ snapshot }) => snapshot)

/** More than half of them at once: rarely meant, and what an intruder would do. */
export const needsWord = (going: number, total: number): boolean => going * 2 > total

const engineRules = ({ minimumAgeDays, keepWithin, ...counts }: Retention): RetentionRules => ({
  ...counts,
  ...(keepWithin === null ? {} : { keepWithin }),
  minimumAgeMs: minimumAgeDays * dayMs,
})

/** Where a device names none that is known here, days are those of UTC. */
export function knownTimeZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone
  } catch {
    // An old name, or none.
    return 'UTC'
  }
}
