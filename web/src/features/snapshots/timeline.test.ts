import { describe, expect, test } from 'vitest'
import { aDevice, aSnapshot } from '../../testing/world.ts'
import { changesOf, dayOf, filterSnapshots, isDay, noFilter, stripRows, timelineRows } from './timeline.ts'

const atlas = aDevice({ name: 'atlas' })
const files = aDevice({ name: 'fileserver' })
const at = (year: number, month: number, day: number, hour = 12) => new Date(year, month - 1, day, hour).getTime()
const snapshots = [
  aSnapshot(atlas, { createdAtMs: at(2026, 11, 21, 23), plan: 'Home', files: 120, bytes: 900 }),
  aSnapshot(files, { createdAtMs: at(2026, 11, 21, 1), status: 'complete-with-errors', roots: [{ path: '/srv/share' }] }),
  aSnapshot(atlas, { createdAtMs: at(2026, 11, 20), plan: 'Home', status: 'partial', files: 3, bytes: 5 }),
  aSnapshot(atlas, { createdAtMs: at(2026, 11, 19), plan: 'Home', files: 100, bytes: 1000 }),
  aSnapshot(atlas, { createdAtMs: at(2026, 10, 31), plan: null }),
]
const hosts = new Map([[files.id, 'fs.example.org']])
const found = (filter: Partial<typeof noFilter>) =>
  filterSnapshots(snapshots, { ...noFilter, ...filter }, hosts).map((one) => snapshots.indexOf(one))

describe('the timeline', () => {
  test('is narrowed by each of its filters, and by all of them together', () => {
    expect(found({})).toEqual([0, 1, 2, 3, 4])
    expect(found({ device: files.id })).toEqual([1])
    expect(found({ plan: 'Home' })).toEqual([0, 2, 3])
    expect(found({ plan: '' }), 'made by hand').toEqual([1, 4])
    expect(found({ status: 'partial' })).toEqual([2])
    expect(found({ text: 'EXAMPLE.org' }), 'by the host').toEqual([1])
    expect(found({ text: '/srv' }), 'by a folder').toEqual([1])
    expect(found({ from: '2026-11-20', until: '2026-11-21' })).toEqual([0, 1, 2])
    expect(found({ plan: 'Home', until: '2026-11-20', status: 'complete' })).toEqual([3])
    expect(['2026-11-21', '2026-02-30', 'x', ''].map(isDay)).toEqual([true, false, false, false])
  })

  test('groups by day and month, each said once', () => {
    expect(timelineRows(snapshots).map((row) => (row.kind === 'snapshot' ? '·' : row.key))).toEqual([
      '2026-11',
      '2026-11-21',
      '·',
      '·',
      '2026-11-20',
      '·',
      '2026-11-19',
      '·',
      '2026-10',
      '2026-10-31',
      '·',
    ])
  })

  test('compares with the one before of its kind, and never with half of one', () => {
    const changes = changesOf(snapshots)
    expect(changes.get(snapshots[0]!.id)).toEqual({ files: 20, bytes: -100 })
    expect([...changes.keys()]).toEqual([snapshots[0]!.id])
  })

  test('shows gaps: a day without a snapshot is empty, and of several the best one counts', () => {
    const [row] = stripRows([...snapshots, aSnapshot(atlas, { createdAtMs: at(2026, 11, 20, 3) })], 'days', at(2026, 11, 21))
    expect(row?.name).toBe('atlas')
    expect(row?.cells).toHaveLength(30)
    expect(row?.cells.slice(-4).map(({ until, count, status }) => [until, count, status])).toEqual([
      ['2026-11-18', 0, null],
      ['2026-11-19', 1, 'complete'],
      ['2026-11-20', 2, 'complete'],
      ['2026-11-21', 1, 'complete'],
    ])
    const weeks = stripRows(snapshots, 'weeks', at(2026, 11, 21))[0]?.cells.slice(-4)
    expect(weeks?.map(({ from, until, count }) => [from, until, count])).toEqual([
      ['2026-10-26', '2026-11-01', 1],
      ['2026-11-02', '2026-11-08', 0],
      ['2026-11-09', '2026-11-15', 0],
      ['2026-11-16', '2026-11-22', 3],
    ])
  })

  test('keeps its days over a change to summer time', () => {
    const days = new Set(
      stripRows(snapshots, 'weeks', at(2027, 4, 1))[0]?.cells.map(({ from }) =>
        new Date(at(+from.slice(0, 4), +from.slice(5, 7), +from.slice(8))).getDay(),
      ),
    )
    expect([...days]).toEqual([1])
    expect(dayOf(at(2027, 3, 28, 23))).toBe('2027-03-28')
  })
})
