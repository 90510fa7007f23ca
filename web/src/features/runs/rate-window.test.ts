import { describe, expect, test } from 'vitest'
import { addSample, currentRate, doneRatio, emptyRateWindow, remainingMs, shownRate, type RateWindow } from './rate-window.ts'

const mib = 1024 * 1024
const feed = (samples: readonly (readonly [elapsedMs: number, bytesDone: number])[], start: RateWindow = emptyRateWindow) =>
  samples.reduce((window, [elapsedMs, bytesDone]) => addSample(window, { elapsedMs, bytesDone }), start)
const steady = (seconds: number, bytesPerSecond: number, fromMs = 0, fromBytes = 0) =>
  Array.from({ length: seconds * 2 + 1 }, (_, index) => [fromMs + index * 500, fromBytes + (index * bytesPerSecond) / 2] as const)

describe('the speed over a sliding window', () => {
  test('is unknown until two samples lie a second apart', () => {
    expect(currentRate(emptyRateWindow)).toBeNull()
    expect(
      currentRate(
        feed([
          [0, 0],
          [500, mib],
        ]),
      ),
    ).toBeNull()
    expect(
      currentRate(
        feed([
          [0, 0],
          [500, mib],
          [1000, 2 * mib],
        ]),
      ),
    ).toBe(2 * mib)
  })

  test('follows a change within ten seconds', () => {
    const fast = feed(steady(30, 100 * mib))
    expect(currentRate(fast)).toBeCloseTo(100 * mib)
    const slowed = feed(steady(12, 10 * mib, 30_500, 3000 * mib), fast)
    expect(currentRate(slowed)).toBeCloseTo(10 * mib, -3)
  })

  test('is known from two samples that come more rarely than the window is long', () => {
    expect(
      currentRate(
        feed([
          [0, 0],
          [60_000, 60 * mib],
        ]),
      ),
    ).toBe(mib)
  })

  test('keeps no more points than the window needs, however long the run', () => {
    const window = feed(steady(600, mib))
    expect(window.points.length).toBeLessThanOrEqual(22)
    expect(window.rates).toHaveLength(120)
  })

  test('falls to zero while nothing moves', () => {
    expect(currentRate(feed([...steady(5, mib), ...steady(30, 0, 5_500, 5 * mib)]))).toBe(0)
  })
})

test('a sample told twice or late changes nothing', () => {
  const window = feed([
    [0, 0],
    [1000, mib],
    [2000, 2 * mib],
  ])
  expect(addSample(window, { elapsedMs: 2000, bytesDone: 2 * mib })).toBe(window)
  expect(addSample(window, { elapsedMs: 1500, bytesDone: 2 * mib })).toBe(window)
})

test('a new attempt that counts from the start again begins a new window', () => {
  const window = addSample(
    feed([
      [0, 0],
      [9000, 9 * mib],
    ]),
    { elapsedMs: 200, bytesDone: 0 },
  )
  expect(currentRate(window)).toBeNull()
  expect(window.rates).toEqual([])
})

test('right after the page was opened the average since the start stands in', () => {
  const sample = { elapsedMs: 10_000, bytesDone: 50 * mib, bytesTotal: 100 * mib }
  expect(shownRate(emptyRateWindow, sample)).toBe(5 * mib)
  expect(shownRate(emptyRateWindow, { ...sample, elapsedMs: 300 })).toBeNull()
  expect(shownRate(emptyRateWindow, null)).toBeNull()
})

describe('the time left', () => {
  const sample = { elapsedMs: 10_000, bytesDone: 40 * mib, bytesTotal: 100 * mib }
  test('is what remains at the current speed', () => expect(remainingMs(sample, 10 * mib)).toBe(6000))
  test('is unknown without a total, without a speed, and while nothing moves', () => {
    expect(remainingMs({ ...sample, bytesTotal: null }, mib)).toBeNull()
    expect(remainingMs(sample, null)).toBeNull()
    expect(remainingMs(sample, 0)).toBeNull()
  })
  test('is never negative when a source grew while it was read', () => {
    expect(remainingMs({ ...sample, bytesDone: 120 * mib }, mib)).toBe(0)
  })
})

describe('the part that is done', () => {
  const amounts = { bytesDone: 25, bytesTotal: 100, filesDone: 3, filesTotal: 4 }
  test('goes by bytes', () => expect(doneRatio(amounts)).toBe(0.25))
  test('goes by files where there are no bytes', () => expect(doneRatio({ ...amounts, bytesDone: 0, bytesTotal: 0 })).toBe(0.75))
  test('is whole where there is nothing to do', () =>
    expect(doneRatio({ bytesDone: 0, bytesTotal: 0, filesDone: 0, filesTotal: 0 })).toBe(1))
  test('never exceeds the whole', () => expect(doneRatio({ ...amounts, bytesDone: 130 })).toBe(1))
  test('is unknown until the total is', () => {
    expect(doneRatio({ ...amounts, bytesTotal: null })).toBeNull()
    expect(doneRatio(null)).toBeNull()
  })
})
