import type { LogLine } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { aLogLine } from '../../testing/world.ts'
import { filterLog, keptLines, mergeLogLines, timeSince } from './log-lines.ts'

const lines = (...seqs: number[]): LogLine[] => seqs.map((seq) => aLogLine(seq))
const seqs = (log: readonly LogLine[]) => log.map(({ seq }) => seq)

describe('a log put together from pages and live lines', () => {
  test('holds each line once when pages and live lines overlap', () => {
    const live = mergeLogLines(lines(1, 2, 3), lines(4, 5))
    expect(seqs(mergeLogLines(live, lines(3, 4, 5, 6)))).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('puts an older page before lines that came live', () => {
    expect(seqs(mergeLogLines(lines(501, 502), lines(1, 2, 3)))).toEqual([1, 2, 3, 501, 502])
  })

  test('sorts lines that arrive out of order, with gaps left for what is still to come', () => {
    expect(seqs(mergeLogLines(lines(1), lines(9, 4, 7)))).toEqual([1, 4, 7, 9])
  })

  test('is the same array where nothing is new, so that nothing renders again', () => {
    const log = lines(1, 2, 3)
    expect(mergeLogLines(log, [])).toBe(log)
    expect(mergeLogLines(log, lines(2, 3))).toBe(log)
  })

  test('keeps the first telling of a line', () => {
    const [first] = lines(1)
    const merged = mergeLogLines(first === undefined ? [] : [first], [aLogLine(1, { message: 'told again' })])
    expect(merged[0]).toBe(first)
  })

  test('keeps the newest lines of a log without end', () => {
    const long = Array.from({ length: keptLines }, (_, index) => aLogLine(index + 1))
    const merged = mergeLogLines(long, lines(keptLines + 1, keptLines + 2))
    expect(merged).toHaveLength(keptLines)
    expect(merged[0]?.seq).toBe(3)
    expect(merged.at(-1)?.seq).toBe(keptLines + 2)
  })
})

test('a level shows itself and what is worse', () => {
  const log = [aLogLine(1), aLogLine(2, { level: 'warn' }), aLogLine(3, { level: 'error' })]
  expect(filterLog(log, 'info')).toBe(log)
  expect(seqs(filterLog(log, 'warn'))).toEqual([2, 3])
  expect(seqs(filterLog(log, 'error'))).toEqual([3])
})

test('a time since the start is read at a glance', () => {
  expect([-2_000, 0, 7_900, 723_000, 3_723_000].map((ms) => timeSince(0, ms))).toEqual(['-0:02', '+0:00', '+0:07', '+12:03', '+1:02:03'])
})
