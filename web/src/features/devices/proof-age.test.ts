// @vitest-environment node
import { expect, test } from 'vitest'
import { aDevice, day } from '../../testing/world.ts'
import { isUnproved } from './proof-age.ts'

const nowMs = Date.now()
const unproved = (given: Parameters<typeof aDevice>[0]) => isUnproved(aDevice({ lastSnapshotAtMs: nowMs, ...given }), nowMs)

test('a month without proof is long', () => {
  expect(unproved({ lastProvedAtMs: nowMs - 30 * day })).toBe(false)
  expect(unproved({ lastProvedAtMs: nowMs - 30 * day - 1 })).toBe(true)
})

test('one that never proved anything has a month from the day it joined', () => {
  expect(unproved({ lastProvedAtMs: null, enrolledAtMs: nowMs - 29 * day })).toBe(false)
  expect(unproved({ lastProvedAtMs: null, enrolledAtMs: nowMs - 31 * day })).toBe(true)
})

test('nothing is asked of a device without a backup, of one that is cut off, and of hubs that ask nobody', () => {
  expect(unproved({ lastProvedAtMs: null, lastSnapshotAtMs: null })).toBe(false)
  expect(unproved({ lastProvedAtMs: null, revokedAtMs: nowMs - day })).toBe(false)
  expect(unproved({})).toBe(false)
})
