import { describe, expect, test } from 'vitest'
import { learnSpeed, nameEnd, noEstimate, roundedLeft, type EndEstimate } from './end-estimate.ts'

const mib = 2 ** 20
const bytesTotal = 6_000 * mib
const sample = (bytesDone: number) => ({ phase: 'transferring' as const, bytesDone, bytesTotal })

/** Goes through a run at two samples a second; `speedAt` in bytes a second. @returns each moment that was shown as the end */
function watch(seconds: number, speedAt: (second: number) => number): { estimate: EndEstimate; shown: (number | null)[]; done: number } {
  let estimate = noEstimate
  let done = 0
  const shown: (number | null)[] = []
  for (let atMs = 0; atMs <= seconds * 1000; atMs += 500) {
    estimate = nameEnd(learnSpeed(estimate, { atMs, bytesDone: done }), atMs, sample(done))
    shown.push(estimate.endAtMs)
    done = Math.min(bytesTotal, done + speedAt(atMs / 1000) / 2)
  }
  return { estimate, shown, done }
}
const changes = (values: readonly (number | null)[]) => values.filter((value, index) => index > 0 && value !== values[index - 1]).length

describe('the estimated end', () => {
  test('is named after some seconds and then stays where it is at a steady speed', () => {
    const { shown } = watch(60, () => 10 * mib)
    expect(shown.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => null))
    expect(changes(shown)).toBe(1)
    expect(shown.at(-1)).toBeCloseTo(600_000, -3)
  })

  test('does not jump about with a speed that jumps between nothing and four times the mean', () => {
    const { shown } = watch(300, (second) => (Math.floor(second) % 4 === 0 ? 40 * mib : 0))
    const settled = shown.slice(120)
    expect(changes(settled)).toBeLessThan(6)
    for (const end of settled) expect(Math.abs((end ?? 0) - 600_000)).toBeLessThan(90_000)
  })

  test('follows a lasting change of speed', () => {
    const { shown } = watch(360, (second) => (second < 120 ? 30 * mib : 3 * mib))
    // 3,600 MiB are done after two minutes, 2,400 MiB left at 3 MiB/s.
    expect(Math.abs((shown.at(-1) ?? 0) - 920_000)).toBeLessThan(0.15 * (920_000 - 360_000))
  })

  test('is unknown when nothing has moved for a while, and as before when it goes on', () => {
    const { shown } = watch(200, (second) => (second > 60 && second < 120 ? 0 : 10 * mib))
    expect(shown[2 * 100]).toBeNull()
    expect(Math.abs((shown.at(-1) ?? 0) - 660_000)).toBeLessThan(50_000)
  })

  test('is unknown until the whole is, and outside of the transfer', () => {
    const { estimate, done } = watch(30, () => 10 * mib)
    expect(nameEnd(estimate, 30_000, { ...sample(done), bytesTotal: null }).endAtMs).toBeNull()
    expect(nameEnd(estimate, 30_000, { ...sample(done), phase: 'finishing' }).endAtMs).toBeNull()
  })

  test('is learnt anew when a new try counts from nothing', () => {
    const { estimate } = watch(30, () => 10 * mib)
    const again = learnSpeed(estimate, { atMs: 31_000, bytesDone: 0 })
    expect(nameEnd(again, 31_000, sample(0)).endAtMs).toBeNull()
  })

  test('is never before now when a source grew while it was read', () => {
    const { estimate } = watch(30, () => 10 * mib)
    expect(nameEnd(estimate, 31_000, sample(bytesTotal + mib)).endAtMs).toBeGreaterThanOrEqual(31_000)
  })
})

test('the time left is said as exactly as it is known', () => {
  expect([0, 4_000, 31_000, 185_000, 1_210_000, 4_000_000].map(roundedLeft)).toEqual([
    10_000, 10_000, 40_000, 210_000, 1_260_000, 4_200_000,
  ])
})
