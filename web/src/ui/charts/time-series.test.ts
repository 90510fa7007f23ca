import { expect, test } from 'vitest'
import { chartRows, type TimeSeries } from './time-series.ts'

const of = (...points: TimeSeries['points'][number][]): TimeSeries => ({ name: 'x', kind: 'line', tone: 'primary', points })

test('series that know other moments stand side by side, in the order of time', () => {
  expect(chartRows([of([3, 30], [1, 10]), of([2, null], [3, 5])])).toEqual([
    [1, 2, 3],
    [10, undefined, 30],
    [undefined, null, 5],
  ])
  expect(chartRows([])).toEqual([[]])
})
