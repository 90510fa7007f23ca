import { describe, expect, test } from 'vitest'
import { addressOf, isFiltered, noFilter, rangeOf, readFilter, stateGroups, stillMeant } from './runs-query.ts'

const device = '00000000-0000-4000-8000-00000000000a'

describe('the filter in the address', () => {
  test('comes back as it went', () => {
    const filter = readFilter({ kind: 'backup', state: 'attention', device, time: '7d' })
    expect(filter).toMatchObject({ kind: 'backup', states: 'attention', agentId: device, span: '7d' })
    expect(readFilter(addressOf(filter))).toEqual(filter)
    expect(isFiltered(filter)).toBe(true)
  })
  test('leaves out what it does not understand', () => {
    const filter = readFilter({ kind: 'moon', state: 'toString', device: '../x', time: ['7d'], from: '2026-13-40', to: 'soon', other: '1' })
    expect(filter).toEqual(noFilter)
    expect(addressOf(filter)).toEqual({})
    expect(isFiltered(filter)).toBe(false)
  })
  test('has days of the calendar only without a span', () => {
    expect(readFilter({ time: '24h', from: '2026-01-01' })).toMatchObject({ span: '24h', from: null })
    expect(readFilter({ from: '2026-01-01', to: '2026-01-31' })).toMatchObject({ from: '2026-01-01', to: '2026-01-31' })
  })
})

test('a range of days holds its last day whole', () => {
  const range = rangeOf({ span: null, from: '2026-02-28', to: '2026-02-28' }, 0)
  expect((range.createdBeforeMs ?? 0) - (range.createdAfterMs ?? 0)).toBe(24 * 60 * 60 * 1000)
  expect(new Date(range.createdAfterMs ?? 0).getHours()).toBe(0)
  expect(rangeOf({ span: '7d', from: null, to: null }, 700_000_000)).toEqual({ createdAfterMs: 95_200_000 })
})

test('every state is in a group that is no sum of others', () => {
  const { active, failed, warning, succeeded, cancelled, attention } = stateGroups
  const all = [...active, ...failed, ...warning, ...succeeded, ...cancelled]
  expect(new Set(all).size).toBe(9)
  expect(all).toHaveLength(9)
  expect(new Set(attention)).toEqual(new Set([...failed, ...warning]))
})

test('the last 24 hours go on while they are looked at; days of the calendar stay', () => {
  const hourMs = 3_600_000
  const runs = [30, 20, 10].map((hours) => ({ createdAtMs: hours * hourMs }))
  const left = (filter: Partial<typeof noFilter>, nowHours: number) =>
    stillMeant(runs, { ...noFilter, ...filter }, nowHours * hourMs).map(({ createdAtMs }) => createdAtMs / hourMs)
  expect(left({ span: '24h' }, 34)).toEqual([30, 20, 10])
  expect(left({ span: '24h' }, 34.1)).toEqual([30, 20])
  expect(left({ span: '24h' }, 100)).toEqual([])
  expect(left({ from: '1970-01-01' }, 100)).toEqual([30, 20, 10])
})
