import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RetentionRules } from './retention-rules.ts'
import { selectSnapshots, type Candidate } from './select-snapshots.ts'

const hourMs = 60 * 60 * 1000
const now = Date.parse('2026-11-22T12:00:00Z')
const count = fc.option(fc.nat(6), { nil: undefined })
const anyRules: fc.Arbitrary<RetentionRules> = fc.record({
  keepLast: count,
  keepHourly: count,
  keepDaily: count,
  keepWeekly: count,
  keepMonthly: count,
  keepYearly: count,
  keepWithin: fc.option(fc.record({ months: fc.nat(2), days: fc.nat(20), hours: fc.nat(30) }), { nil: undefined }),
  minimumAgeMs: fc.option(fc.nat(500 * hourMs), { nil: undefined }),
}) as fc.Arbitrary<RetentionRules>
const anySnapshots: fc.Arbitrary<Candidate[]> = fc
  .array(fc.record({ hoursAgo: fc.oneof(fc.nat(72), fc.nat(20_000)), isWhole: fc.boolean(), isHeld: fc.nat(9).map((n) => n === 0) }), {
    maxLength: 60,
  })
  .map((some) => some.map(({ hoursAgo, ...traits }, seq) => ({ id: `${seq}`, seq, receivedAt: now - hoursAgo * hourMs, ...traits })))
const anyZone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia')
const kept = (snapshots: readonly Candidate[], rules: RetentionRules, timeZone: string) =>
  selectSnapshots(snapshots, rules, { timeZone, now })
    .filter(({ keptFor }) => keptFor.length > 0)
    .map(({ snapshot }) => snapshot)

describe('of any snapshots, by any rules', () => {
  test('the newest whole one and every hold stay', () => {
    fc.assert(
      fc.property(anySnapshots, anyRules, anyZone, (snapshots, rules, zone) => {
        const stay = new Set(kept(snapshots, rules, zone))
        const [newest] = snapshots
          .filter(({ isWhole }) => isWhole)
          .toSorted((one, other) => other.receivedAt - one.receivedAt || other.seq - one.seq)
        if (newest !== undefined) expect(stay).toContain(newest)
        for (const snapshot of snapshots) if (snapshot.isHeld) expect(stay).toContain(snapshot)
      }),
    )
  })

  test('every snapshot gets one verdict, newest first, in whatever order they come', () => {
    fc.assert(
      fc.property(anySnapshots, anyRules, anyZone, (snapshots, rules, zone) => {
        const verdicts = selectSnapshots(snapshots, rules, { timeZone: zone, now })
        expect(verdicts.map(({ snapshot }) => snapshot).toSorted((one, other) => one.seq - other.seq)).toEqual(snapshots)
        expect(selectSnapshots(snapshots.toReversed(), rules, { timeZone: zone, now })).toEqual(verdicts)
        for (const [index, { snapshot }] of verdicts.entries())
          if (index > 0) expect(snapshot.receivedAt).toBeLessThanOrEqual(verdicts[index - 1]?.snapshot.receivedAt ?? 0)
      }),
    )
  })

  test('what was kept is kept again', () => {
    fc.assert(
      fc.property(anySnapshots, anyRules, anyZone, (snapshots, rules, zone) => {
        const once = kept(snapshots, rules, zone)
        expect(kept(once, rules, zone)).toEqual(once)
      }),
    )
  })

  test('a larger number lets nothing more go', () => {
    fc.assert(
      fc.property(
        anySnapshots,
        anyRules,
        anyZone,
        fc.constantFrom('keepLast', 'keepHourly', 'keepDaily', 'keepWeekly', 'keepMonthly', 'keepYearly'),
        (snapshots, rules, zone, rule) => {
          // From none at all to one is another thing: rules that keep nothing keep everything.
          fc.pre((rules[rule] ?? 0) > 0)
          const more = new Set(kept(snapshots, { ...rules, [rule]: (rules[rule] ?? 0) + 1 }, zone))
          for (const snapshot of kept(snapshots, rules, zone)) expect(more).toContain(snapshot)
        },
      ),
    )
  })
})
