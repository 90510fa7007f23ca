import { expect, test } from 'vitest'
import type { Device } from '@holdfast/shared-types'
import { aBackupRun, aDevice, aPlan, day, factsOf, hour, minute } from '../../testing/world.ts'
import { concernOf, needsAttention } from './device-concerns.ts'
import { filterDevices, readDeviceFilter, tagsOf, writeDeviceFilter } from './device-filter.ts'
import { mistakeOfTag } from './tag-mistake.ts'

const nowMs = Date.now()
const host = aDevice().host
const fleet = [
  aDevice({ name: 'web-10', tags: ['Web', 'Production'], lastSeenAtMs: nowMs, lastSnapshotAtMs: nowMs - hour }),
  aDevice({ name: 'web-2', tags: ['web'], online: false, lastSeenAtMs: nowMs - day, lastSnapshotAtMs: nowMs - 2 * day }),
  aDevice({
    name: 'Zebra',
    host: { ...host, os: 'macos', osVersion: '15.6', hostname: 'z.local' },
    lastSeenAtMs: nowMs,
    lastSnapshotAtMs: null,
  }),
  aDevice({ name: 'gone', online: false, revokedAtMs: nowMs - day, lastSnapshotAtMs: null, lastRunStatus: 'failed' }),
  aDevice({ name: 'db', lastRunStatus: 'warning', version: '0.2.0', lastSeenAtMs: nowMs, lastSnapshotAtMs: nowMs - minute }),
]
const shown = (query: Record<string, string>, devices: readonly Device[] = fleet) =>
  filterDevices(devices, readDeviceFilter(query), { plansOf: new Map(), nowMs }).shown.map(({ name }) => name)

test('whoever proved nothing for longest comes first, and who never did before them', () => {
  const proved = fleet.map((device, index) => ({
    ...device,
    lastProvedAtMs: [nowMs - day, nowMs - 9 * day, null, nowMs, nowMs - hour][index] ?? null,
  }))
  expect(shown({ sort: 'proved' }, proved)).toEqual(['Zebra', 'web-2', 'web-10', 'db', 'gone'])
})

test('names are in the order in which people count', () => expect(shown({})).toEqual(['db', 'gone', 'web-2', 'web-10', 'Zebra']))

test.each([
  [{ q: 'WEB prod' }, ['web-10']],
  [{ q: 'macos 15' }, ['Zebra']],
  [{ q: '0.2' }, ['db']],
  [{ q: 'z.local' }, ['Zebra']],
  [{ tags: 'WEB' }, ['web-2', 'web-10']],
  [{ tags: 'web,production' }, ['web-10']],
  [{ state: 'online' }, ['db', 'web-10', 'Zebra']],
  [{ state: 'offline' }, ['web-2']],
  [{ state: 'never' }, ['Zebra']],
  [{ state: 'attention' }, ['db', 'web-2', 'Zebra']],
  [{ state: 'revoked' }, ['gone']],
  [{ sort: 'backup', state: 'attention' }, ['Zebra', 'web-2', 'db']],
  [{ sort: '-name' }, ['Zebra', 'web-10', 'web-2', 'gone', 'db']],
  [{ sort: 'state' }, ['db', 'web-10', 'Zebra', 'web-2', 'gone']],
])('%j', (query, expected) => expect(shown(query as Record<string, string>)).toEqual(expected))

test('counts are of what text and tags leave, in every state', () => {
  const { counts } = filterDevices(fleet, readDeviceFilter({ q: 'web', state: 'revoked' }), { plansOf: new Map(), nowMs })
  expect(counts).toEqual({ all: 2, online: 1, offline: 1, never: 0, attention: 1, revoked: 0 })
})

test('an address says only what differs from the plain list, and one that makes no sense is the plain list', () => {
  const asked = { q: 'web', state: 'offline', tags: 'one,two', sort: '-backup' }
  expect(writeDeviceFilter(readDeviceFilter(asked))).toEqual(asked)
  expect(writeDeviceFilter(readDeviceFilter({ state: 'tired', sort: 'age', tags: ' , ', q: ['a'] }))).toEqual({})
})

test('tags are one whatever their case', () =>
  expect(tagsOf(fleet)).toEqual([
    { tag: 'Production', count: 1 },
    { tag: 'Web', count: 2 },
  ]))

test('a backup is missed after 26 hours, long ago after a week; a revoked device is nobody’s worry', () => {
  const aged = (ageMs: number | null) => ({ online: true, lastSnapshotAtMs: ageMs === null ? null : nowMs - ageMs })
  expect([26 * hour, 26 * hour + 1, 7 * day + 1, null].map((age) => concernOf(aged(age), nowMs)?.kind ?? null)).toEqual([
    null,
    'old',
    'long-ago',
    'never',
  ])
  expect(concernOf({ ...aged(null), revokedAtMs: nowMs }, nowMs)).toBeNull()
  expect(needsAttention(aDevice(), [], nowMs)).toBe(false)
})

test('a smaller backup whose size was accepted needs nobody; another warning after it does', () => {
  const device = aDevice({ lastRunStatus: 'warning', lastSnapshotAtMs: nowMs - 2 * hour })
  const error = { code: 'run.shrunk', message: '', cure: '' }
  const lastRun = factsOf(aBackupRun(device, { state: 'warning', finishedAtMs: nowMs - hour, error }))
  expect(needsAttention(device, [aPlan(device, { lastRun, isShrunk: true })], nowMs)).toBe(true)
  const accepted = aPlan(device, { lastRun })
  expect(needsAttention(device, [accepted], nowMs)).toBe(false)
  expect(needsAttention({ ...device, lastSnapshotAtMs: nowMs }, [accepted], nowMs)).toBe(true)
})

test.each([
  ['rack 4', [], null],
  ['Köln/1', [], null],
  ['a,b', [], 'letters'],
  ['-a', [], 'letters'],
  ['', [], 'letters'],
  ['x'.repeat(41), [], 'long'],
  ['WEB ', ['web'], 'double'],
  ['one more', Array.from({ length: 20 }, (_, index) => `t${index}`), 'many'],
] as const)('the tag %j beside %j: %s', (text, tags, mistake) => expect(mistakeOfTag(text, tags)).toBe(mistake))
