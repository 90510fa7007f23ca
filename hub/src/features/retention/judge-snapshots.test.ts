import { Retention, SnapshotId } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import { judgeSnapshots } from './judge-snapshots.ts'
import type { JudgeableSnapshot } from './snapshots-of-plans.ts'

const hourMs = 3_600_000
const nowMs = Date.UTC(2026, 10, 20, 12)
const around = { timeZone: 'UTC', nowMs, inUse: new Set<SnapshotId>(), refused: new Set<SnapshotId>() }
const rules = (change: object): Retention => Retention.parse({ minimumAgeDays: 0, keepWithin: null, ...change })

/** Hours old, and how much it lacks. */
const snapshot = (ageHours: number, lackingBlobs = 0): JudgeableSnapshot =>
  ({
    id: SnapshotId.parse(String(ageHours).padStart(32, '0')),
    receivedAtMs: nowMs - ageHours * hourMs,
    seq: 10_000 - ageHours,
    status: 'complete',
    keeping: { held: null, deleted: null },
    looked: { auditedAt: new Date(nowMs), lackingBlobs },
  }) as unknown as JudgeableSnapshot

const keptAges = (snapshots: readonly JudgeableSnapshot[], retention: Retention): number[] =>
  judgeSnapshots(snapshots, retention, around)
    .filter(({ keptFor }) => keptFor.length > 0)
    .map(({ snapshot: { id } }) => Number(id))

test('a snapshot that lacks pieces takes nobody’s place, and keeps its own', () => {
  // The newest lacks some: the one before it stays with it.
  expect(keptAges([snapshot(1, 3), snapshot(2), snapshot(3)], rules({ keepLast: 1 }))).toEqual([1, 2])
  // The only one of its day stays, whatever it lacks.
  expect(keptAges([snapshot(1), snapshot(30, 1), snapshot(60)], rules({ keepDaily: 3 }))).toEqual([1, 30, 60])
  expect(keptAges([snapshot(1), snapshot(2), snapshot(3)], rules({ keepLast: 1 }))).toEqual([1])
})
