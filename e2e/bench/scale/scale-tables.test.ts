import { expect, test } from 'vitest'
import { bindingStages } from '../binding-stages.ts'
import type { Browsing, DataSetFacts, Row, ScaleSetName, Step } from '../figures.ts'
import { percentileOf, scaleRatio } from './scale-figures.ts'
import { scaleLines } from './scale-tables.ts'
import { scaleTargets } from './scale-targets.ts'

const mebibyte = 2 ** 20

const facts = (name: ScaleSetName, files: number): DataSetFacts => ({
  name,
  files,
  origin: 'words',
  fileSystem: 'ext4',
  bytes: files * 4096,
})

interface Taken {
  readonly wallSeconds: number
  readonly agentBytes: number
  readonly hubBytes: number
}

const row = (set: ScaleSetName, step: Step, { wallSeconds, agentBytes, hubBytes }: Taken): Row => ({
  set,
  tool: 'holdfast',
  step,
  rounds: 1,
  wallSeconds,
  wallSpread: [wallSeconds, wallSeconds],
  cpuSeconds: wallSeconds * 2,
  peakBytes: agentBytes + hubBytes,
  parts: {
    agent: { cpuSeconds: wallSeconds * 2, peakBytes: agentBytes },
    hub: { cpuSeconds: wallSeconds, peakBytes: hubBytes },
  },
  storedBytes: wallSeconds * mebibyte,
})

const browsing = (set: ScaleSetName, milliseconds: readonly number[], hubBytes: number): Browsing => ({
  set,
  hubStartSeconds: 3,
  visits: [
    { place: 'top', entries: 1000, isFirst: true, milliseconds: [700] },
    { place: 'folder', entries: 1000, isFirst: true, milliseconds },
    { place: 'folder', entries: 1000, isFirst: false, milliseconds: [5] },
    { place: 'wide rest', entries: 100_000, isFirst: true, milliseconds: [900, 950] },
  ],
  parts: { hub: { cpuSeconds: 1, peakBytes: hubBytes }, database: { cpuSeconds: 1, peakBytes: mebibyte } },
})

// Five times the files: the first backup takes six times as long, the unchanged one seven times, and the hub's memory doubles in the one.
const dataSets = [facts('scale-1000000', 1_000_000), facts('scale-5000000', 5_000_000)]
const rows = [
  row('scale-1000000', 'first', { wallSeconds: 100, agentBytes: 400 * mebibyte, hubBytes: 200 * mebibyte }),
  row('scale-1000000', 'unchanged', { wallSeconds: 10, agentBytes: 300 * mebibyte, hubBytes: 200 * mebibyte }),
  row('scale-5000000', 'first', { wallSeconds: 600, agentBytes: 440 * mebibyte, hubBytes: 400 * mebibyte }),
  row('scale-5000000', 'unchanged', { wallSeconds: 70, agentBytes: 300 * mebibyte, hubBytes: 200 * mebibyte }),
]
const plain = (lines: readonly string[]): string[] => lines.map((line) => line.replaceAll(/ +/g, ' '))

test('times, CPU and stored bytes are told for each million files, memory whole, and the ratio of the sizes beside them', () => {
  const lines = plain(scaleLines(dataSets, rows, [browsing('scale-1000000', [8], mebibyte), browsing('scale-5000000', [8], 2 * mebibyte)]))
  for (const line of [
    '| step | figure | 1,000,000 files | 5,000,000 files | ratio |',
    '| first backup | time | 100.0 s | 120.0 s | 1.20× |',
    '| first backup | CPU, agent | 200.0 s | 240.0 s | 1.20× |',
    '| first backup | memory, agent | 400 MiB | 440 MiB | 1.10× |',
    '| first backup | memory, hub | 200 MiB | 400 MiB | 2.00× |',
    '| first backup | stored | 100 MiB | 120 MiB | 1.20× |',
    '| unchanged backup | time | 10.0 s | 14.0 s | 1.40× |',
    '| browsing | start of the hub, all of it | 3.00 s | 3.00 s | 1.00× |',
    '| browsing | memory, hub | 1 MiB | 2 MiB | 2.00× |',
  ])
    expect(lines).toContain(line)
})

test('how long folders took is told for each size, with the slowest of them', () => {
  const lines = plain(scaleLines(dataSets, rows, [browsing('scale-5000000', [4, 20, 6], mebibyte)]))
  expect(lines).toContain('Opening folders of the snapshot of `5,000,000` files, by HTTP:')
  expect(lines).toContain('| top of the snapshot, first time | 1 | 700 ms | 700 ms | 700 ms |')
  expect(lines).toContain('| folder of 1,000, first time | 3 | 6.0 ms | 20 ms | 20 ms |')
  expect(lines).toContain('| folder of 100,000, each further 10,000, first time | 2 | 900 ms | 950 ms | 950 ms |')
})

test('targets are the growth per file and the 95th percentile of opened folders, and nothing that lies beside them', () => {
  const quick = Array.from({ length: 95 }, () => 30)
  const slow = Array.from({ length: 5 }, () => 400)
  const targets = scaleTargets(dataSets, rows, [
    browsing('scale-1000000', [...slow, ...quick], mebibyte),
    browsing('scale-5000000', [...slow, ...quick.slice(1)], mebibyte),
  ])
  expect(targets.every(({ gate }) => gate === null)).toBe(true)
  expect(targets.map(({ name, measured, met }) => [name, measured, met])).toEqual([
    ['scale: first backup, time per file', '1.20×', true],
    ['scale: unchanged backup, time per file', '1.40×', false],
    ['scale: first backup, memory of the agent', '1.10×', true],
    ['scale: unchanged backup, memory of the agent', '1.00×', true],
    ['scale: first backup, memory of the hub', '2.00×', false],
    ['scale: unchanged backup, memory of the hub', '1.00×', true],
    ['scale-1000000: opening a folder of 1,000, first time', '30 ms', true],
    ['scale-1000000: opening a folder of 1,000, again', '5 ms', true],
    ['scale-5000000: opening a folder of 1,000, first time', '400 ms', false],
    ['scale-5000000: opening a folder of 1,000, again', '5 ms', true],
  ])
  const all = [
    ...rows,
    ...(['scale-1000000', 'scale-5000000'] as const).map((set) => row(set, 'restore', { wallSeconds: 1, agentBytes: 1, hubBytes: 1 })),
  ]
  const names = new Set(scaleTargets(dataSets, all, []).map(({ name }) => name))
  expect(Object.keys(bindingStages).filter((name) => name.startsWith('scale:') && !names.has(name))).toEqual([])
  expect(targets[0]?.target).toBe('≤ 1.3× from 1,000,000 to 5,000,000 files')
})

test('one size is told and compared with nothing, and without sizes there is nothing to tell', () => {
  const lines = plain(scaleLines(dataSets.slice(0, 1), rows.slice(0, 2), []))
  expect(lines).toContain('| first backup | time | 100.0 s | |')
  expect(scaleTargets(dataSets.slice(0, 1), rows.slice(0, 2), [])).toEqual([])
  expect(scaleLines([], rows, [])).toEqual([])
  expect(scaleTargets([], rows, [])).toEqual([])
})

test('a ratio needs two figures, and a percentile is one of the values', () => {
  expect([scaleRatio([2]), scaleRatio([0, 5]), scaleRatio([2, undefined]), scaleRatio([2, 9, 5])]).toEqual([null, null, null, 2.5])
  expect([50, 95, 100].map((percent) => percentileOf([3, 1, 2], percent))).toEqual([2, 3, 3])
  expect(
    percentileOf(
      Array.from({ length: 100 }, (_, index) => index + 1),
      95,
    ),
  ).toBe(95)
  expect(percentileOf([7], 50)).toBe(7)
})
