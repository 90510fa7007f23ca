import { describe, expect, test } from 'vitest'
import { honestOutcome, type ReportedEnd } from './honest-outcome.ts'

const restored = {
  kind: 'restore' as const,
  snapshotId: 'ab'.repeat(16) as never,
  filesRequested: 10,
  filesWritten: 8,
  filesSkipped: 2,
  bytesWritten: 1,
}
const verified = { kind: 'verify' as const, snapshotId: 'ab'.repeat(16) as never, files: 1, bytes: 1, blobsChecked: 1, problems: 0 }
const end = (change: Partial<ReportedEnd>): ReportedEnd => ({
  kind: 'backup',
  outcome: 'succeeded',
  result: null,
  error: null,
  warningCount: 0,
  committed: 'complete',
  isTimedOut: false,
  shrinkage: null,
  ...change,
})
const outcomeOf = (change: Partial<ReportedEnd>) => honestOutcome(end(change)).outcome

describe('a backup', () => {
  test('is green only with a complete snapshot and no warning', () => {
    expect(outcomeOf({})).toBe('succeeded')
    expect(outcomeOf({ warningCount: 1 })).toBe('warning')
    expect(outcomeOf({ committed: 'complete-with-errors' })).toBe('warning')
    expect(outcomeOf({ committed: 'partial' })).toBe('warning')
    expect(outcomeOf({ outcome: 'warning' })).toBe('warning')
  })

  test('without a snapshot failed, whatever its device says', () => {
    expect(honestOutcome(end({ committed: null }))).toMatchObject({ outcome: 'failed', error: { code: 'snapshot.not-found' } })
    expect(outcomeOf({ committed: null, outcome: 'warning', warningCount: 2 })).toBe('failed')
    expect(outcomeOf({ committed: null, outcome: 'cancelled' })).toBe('cancelled')
  })

  test('whose snapshot is there is not told as lost', () => {
    expect(outcomeOf({ outcome: 'cancelled' })).toBe('succeeded')
    expect(honestOutcome(end({ outcome: 'failed', error: { code: 'internal', message: 'm', cure: 'c' } }))).toMatchObject({
      outcome: 'warning',
      error: { code: 'internal' },
    })
  })
})

describe('what a plan asks', () => {
  test('a run that was told to stop for its time failed for that reason, unless its snapshot is there', () => {
    expect(honestOutcome(end({ outcome: 'cancelled', committed: null, isTimedOut: true }))).toMatchObject({
      outcome: 'failed',
      error: { code: 'run.timed-out' },
    })
    expect(outcomeOf({ outcome: 'cancelled', isTimedOut: true })).toBe('succeeded')
    expect(outcomeOf({ kind: 'restore', committed: null, outcome: 'cancelled', isTimedOut: true })).toBe('failed')
  })

  test('a fall by more than the plan takes is never green', () => {
    expect(honestOutcome(end({ shrinkage: 'It holds 1 file.' }))).toMatchObject({
      outcome: 'warning',
      error: { code: 'run.shrunk', message: expect.stringContaining('It holds 1 file.') },
    })
  })
})

describe('a restore and a verification', () => {
  test('are green only when everything that was asked is done', () => {
    expect(outcomeOf({ kind: 'restore', committed: null, result: restored })).toBe('succeeded')
    expect(outcomeOf({ kind: 'restore', committed: null, result: { ...restored, filesWritten: 7 } })).toBe('warning')
    expect(outcomeOf({ kind: 'restore', committed: null, result: restored, warningCount: 1 })).toBe('warning')
    expect(outcomeOf({ kind: 'restore', committed: null, result: null })).toBe('warning')
    expect(outcomeOf({ kind: 'verify', committed: null, result: verified })).toBe('succeeded')
    expect(outcomeOf({ kind: 'verify', committed: null, result: { ...verified, problems: 1 } })).toBe('warning')
  })

  test('keep the end that is not green as it was told', () => {
    for (const outcome of ['failed', 'cancelled', 'warning'] as const)
      expect(outcomeOf({ kind: 'restore', committed: null, outcome, result: restored })).toBe(outcome)
  })
})
