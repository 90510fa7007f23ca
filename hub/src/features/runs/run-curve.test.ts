import { expect, test } from 'vitest'
import { addToCurve, emptyCurve } from './run-curve.ts'

const done = (bytes: number) => ({ bytesDone: bytes, bytesRead: bytes / 2, bytesStored: bytes / 4 })

test('a curve holds the whole of a long run in a few hundred points, evenly spaced', () => {
  let curve = emptyCurve
  const day = 24 * 60 * 60 * 1000
  for (let atMs = 0; atMs < day; atMs += 500) curve = addToCurve(curve, atMs, done(atMs))
  expect(curve.items.length).toBeGreaterThan(200)
  expect(curve.items.length).toBeLessThanOrEqual(480)
  expect(curve.items[0]?.atMs).toBe(0)
  expect(curve.items.at(-1)?.atMs).toBeGreaterThan(day - 2 * curve.spacingMs)
  const steps = curve.items.slice(1).map(({ atMs }, index) => atMs - (curve.items[index]?.atMs ?? 0))
  expect(Math.min(...steps)).toBe(curve.spacingMs)
  expect(Math.max(...steps)).toBeLessThanOrEqual(2 * curve.spacingMs)
})

test('a silence leaves a hole, and a clock that was set back begins the curve anew', () => {
  let curve = addToCurve(emptyCurve, 1000, done(0))
  curve = addToCurve(curve, 61_000, done(600))
  expect(curve.items.map(({ atMs }) => atMs)).toEqual([1000, 61_000])
  expect(addToCurve(curve, 5000, done(700)).items).toEqual([{ atMs: 5000, bytesDone: 700, bytesRead: 350, bytesStored: 175 }])
})
