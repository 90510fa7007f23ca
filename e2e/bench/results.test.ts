import { expect, test } from 'vitest'
import { parseBenchArguments } from './bench-arguments.ts'
import type { BenchResults } from './figures.ts'
import { withResults } from './record-results.ts'
import { markdownTable, resultLines } from './result-tables.ts'
import { makeWorkFolder } from './work-folder.ts'

const results: BenchResults = {
  machine: { cpu: 'Test', cores: 2, memoryBytes: 2 ** 33, system: 'Linux 6', node: '24', fileSystem: 'tmpfs' },
  date: '2026-01-02T03:04:05Z',
  commit: null,
  peers: { holdfast: '1', restic: '0.14' },
  dataSets: [{ name: 'linux', origin: 'a given tree', fileSystem: 'ext4', files: 79_000, bytes: 2 ** 30 }],
  rows: [
    {
      set: 'linux',
      tool: 'holdfast',
      step: 'first',
      rounds: 3,
      wallSeconds: 4,
      wallSpread: [3.9, 4.25],
      cpuSeconds: 7,
      peakBytes: 300 * 2 ** 20,
      parts: { agent: { cpuSeconds: 6, peakBytes: 200 * 2 ** 20 }, hub: { cpuSeconds: 1, peakBytes: 100 * 2 ** 20 } },
      storedBytes: 2 ** 28,
    },
    {
      set: 'linux',
      tool: 'restic',
      step: 'first',
      rounds: 1,
      wallSeconds: 10,
      wallSpread: [10, 10],
      cpuSeconds: 20,
      peakBytes: 0,
      parts: { restic: { cpuSeconds: 20, peakBytes: 0 } },
      storedBytes: null,
    },
  ],
  targets: [{ name: 'linux: first backup', target: '≥ 2×', measured: '2.50×', met: true, gate: { rule: '≥ 1.5×', passed: true } }],
  samples: [],
  stages: [],
  browsing: [],
}

test('results are tables with the spread, the ratio to Holdfast, and what each process took', () => {
  const cells = resultLines(results).map((line) => line.replaceAll(/ +/g, ' '))
  expect(cells[0]).toMatch(/; Linux 6; Node 24; stores on tmpfs\.$/)
  expect(cells).toContain('`linux`: 79,000 files, 1024 MiB, on ext4; a given tree.')
  expect(cells).toContain('| first backup | holdfast | 4.00 s | 3.90 s – 4.25 s | | 7.00 s | 300 MiB | 256 MiB |')
  expect(cells).toContain('| first backup | restic | 10.0 s | one round | 2.50× | 20.0 s | 0 MiB | |')
  expect(cells).toContain('* holdfast, first backup: agent 6.00 s, 200 MiB; hub 1.00 s, 100 MiB')
  expect(cells).toContain('| linux: first backup | ≥ 2× | 2.50× | met | ≥ 1.5×: passed |')
})

test('what binds is told once for each work with a missed target, and only there', () => {
  const missed = { name: 'large: restore', target: '≥ 1×', measured: '0.81×', met: false, gate: null }
  const lines = resultLines({ ...results, targets: [...results.targets, missed, { ...missed, target: '≤ 1.3×' }] })
  expect(lines.filter((line) => line.startsWith('* large: restore: content goes from the hub'))).toHaveLength(1)
  expect(lines.some((line) => line.startsWith('* linux: first backup: '))).toBe(false)
  expect(resultLines(results).join('\n')).not.toContain('What binds')
})

test('columns of a table are as wide as their widest cell', () => {
  expect(markdownTable(['a', 'long'], [['wide', 'b']])).toEqual(['| a    | long |', '| ---- | ---- |', '| wide | b    |'])
})

test('results are added to a page once, and take the place of earlier ones', () => {
  const first = withResults('# Page\n\ntext\n', ['one'])
  expect(first).toMatch(/^# Page\n\ntext\n\n## Results\n\n<!-- results: .*-->\n\none\n\n<!-- end of results -->\n$/)
  const second = withResults(`${first}\nafter\n`, ['two'])
  expect(second).toBe(`${first.replace('one', 'two')}\nafter\n`)
  expect(() => withResults(first.replace('<!-- end of results -->', ''), ['x'])).toThrow('lost its mark')
})

test('arguments name sets and options; what is unknown is told with the usage', () => {
  expect(parseBenchArguments([])).toMatchObject({ sets: ['linux', 'large'], rounds: 3, gate: true, record: false, dataFolder: null })
  expect(parseBenchArguments(['large', '--repeat', '5', '--no-gate', '--record', '--data', '/d', '--borg-lz4'])).toMatchObject({
    sets: ['large'],
    rounds: 5,
    gate: false,
    record: true,
    dataFolder: '/d',
    borgLz4: true,
  })
  for (const wrong of [['huge'], ['--repeat', '0'], ['--repeat', 'x'], ['--frobnicate']])
    expect(() => parseBenchArguments(wrong)).toThrow('usage:')
})

test('sets are named one by one or as kinds; tiny files and stages are asked for by themselves', () => {
  expect(parseBenchArguments(['kinds'])).toMatchObject({ sets: ['node_modules', 'maildir', 'postgres', 'photos', 'vm'], gate: true })
  expect(parseBenchArguments(['vm', 'photos', 'linux']).sets).toEqual(['linux', 'photos', 'vm'])
  expect(parseBenchArguments(['tiny'])).toMatchObject({ sets: ['tiny'], files: 1_000_000, areRoundsGiven: false })
  expect(parseBenchArguments(['tiny', '--files', '5000000', '--repeat', '3'])).toMatchObject({ files: 5_000_000, areRoundsGiven: true })
  expect(parseBenchArguments(['--stages'])).toMatchObject({ sets: ['linux'], stages: true, rounds: 1, gate: false })
  expect(parseBenchArguments(['--stages', 'kinds']).sets).toHaveLength(5)
  for (const wrong of [
    ['tiny', '--files', '10'],
    ['tiny', '--files', 'many'],
    ['--stages', '--record'],
    ['tiny', 'hugh'],
  ])
    expect(() => parseBenchArguments(wrong)).toThrow('usage:')
})

test('sizes are compared by themselves or beside sets, and take one number of files or two', () => {
  expect(parseBenchArguments(['scale'])).toMatchObject({ sets: [], scaleSizes: [1_000_000, 5_000_000], gate: false })
  expect(parseBenchArguments(['scale', '--files', '20000,100000'])).toMatchObject({ sets: [], scaleSizes: [20_000, 100_000] })
  expect(parseBenchArguments(['tiny', 'scale', '--files', '5000'])).toMatchObject({
    sets: ['tiny'],
    files: 5000,
    scaleSizes: [5000],
    gate: true,
  })
  expect(parseBenchArguments(['scale', 'vm']).sets).toEqual(['vm'])
  expect(parseBenchArguments(['tiny']).scaleSizes).toEqual([])
  for (const wrong of [
    ['tiny', '--files', '1000,2000'],
    ['scale', 'tiny', '--files', '1000,2000'],
    ['scale', '--files', '2000,1000'],
    ['scale', '--files', '2000,2000'],
    ['scale', '--files', '1000,2000,3000'],
    ['scale', '--files', '1000,'],
    ['scale', '--files', '10,2000'],
    ['scale', '--stages'],
    ['scale', '--data', '/d'],
  ])
    expect(() => parseBenchArguments(wrong), wrong.join(' ')).toThrow('usage:')
})

test('only what was asked for lies on a disk, and a disk is not a tmpfs', () => {
  const wanted = { folder: '/dev/shm', neededBytes: 1 }
  expect(() => makeWorkFolder({ ...wanted, place: 'disk' })).toThrow(/is a tmpfs.*--work DIR/)
  const work = makeWorkFolder({ ...wanted, place: 'memory' })
  work.remove()
  expect(() => makeWorkFolder({ ...wanted, place: 'memory', neededBytes: 2 ** 60 })).toThrow('GiB free')
  expect(() => makeWorkFolder({ ...wanted, place: 'memory', neededFiles: 2 ** 50 })).toThrow('more files (inodes)')
})
