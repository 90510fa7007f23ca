import type { RunCurve } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { addToCurve, emptyCurve, joinCurves, speedNow, speedsOf } from './rate-curve.ts'

const mib = 2 ** 20
const point = (atMs: number, bytes: number) => ({ atMs, bytesDone: bytes, bytesRead: bytes, bytesStored: bytes / 4 })
const steady = (...[fromMs, seconds, fromBytes, bytesPerSecond, start = emptyCurve]: [number, number, number, number, RunCurve?]) =>
  Array.from({ length: seconds * 2 }, (_, index) => index).reduce(
    (curve, index) => addToCurve(curve, point(fromMs + index * 500, fromBytes + (index * bytesPerSecond) / 2)),
    start,
  )
const speeds = (curve: RunCurve) => speedsOf(curve, 'bytesRead').map(([, speed]) => speed)

describe('the speed over a run', () => {
  test('is what was read in the last seconds, for each thing that is counted', () => {
    const curve = steady(0, 60, 0, 8 * mib)
    expect(new Set(speeds(curve))).toEqual(new Set([8 * mib]))
    expect(speedNow(curve, 'bytesStored', 60_000)).toBe(2 * mib)
  })

  test('follows a change within ten seconds, without a jump', () => {
    const curve = steady(30_000, 12, 30 * 100 * mib, 10 * mib, steady(0, 30, 0, 100 * mib))
    const shown = speeds(curve)
    expect(shown.at(-1)).toBeCloseTo(10 * mib, -6)
    const steps = shown.slice(1).map((speed, index) => Math.abs((speed ?? 0) - (shown[index] ?? 0)))
    expect(Math.max(...steps)).toBeLessThan(15 * mib)
  })

  test('has a hole where nothing was heard: nobody knows what was in between', () => {
    const curve = steady(100_000, 10, 500 * mib, mib, steady(0, 10, 0, mib))
    const holes = speedsOf(curve, 'bytesRead').filter(([, speed]) => speed === null)
    expect(holes).toEqual([[9001, null]])
    expect(Math.max(...speeds(curve).map((speed) => speed ?? 0))).toBe(mib)
  })

  test('is never negative when a new try counts from nothing again', () => {
    expect(Math.min(...speeds(steady(20_000, 10, 0, mib, steady(0, 20, 0, mib))).map((speed) => speed ?? 0))).toBe(0)
  })

  test('is zero while it rests, and unknown when the last word is long ago', () => {
    const resting = steady(10_000, 30, 10 * mib, 0, steady(0, 10, 0, mib))
    expect(speedNow(resting, 'bytesRead', 40_000)).toBe(0)
    expect(speedNow(resting, 'bytesRead', 90_000)).toBeNull()
    expect(speedNow(emptyCurve, 'bytesRead', 0)).toBeNull()
  })
})

test('a curve of days stays small and whole', () => {
  const curve = steady(0, 20_000, 0, mib)
  expect(curve.items.length).toBeLessThanOrEqual(480)
  expect(curve.items[0]?.atMs).toBe(0)
  expect(curve.items.at(-1)?.atMs).toBeGreaterThan(20_000_000 - 2 * curve.spacingMs)
})

test('what the hub remembers and what the page saw make one curve, in order and each point once', () => {
  const remembered = steady(0, 20, 0, mib)
  const seen = steady(15_000, 20, 15 * mib, mib)
  const joined = joinCurves(seen, remembered)
  const times = joined.items.map(({ atMs }) => atMs)
  expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
  expect([times[0], times.at(-1)]).toEqual([0, 34_000])
  expect(new Set(speeds(joined))).toEqual(new Set([mib]))
  // The hub has started anew and remembers less.
  expect(joinCurves(joined, steady(40_000, 2, 40 * mib, mib)).items[0]?.atMs).toBe(0)
})
