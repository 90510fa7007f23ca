import { describe, expect, test } from 'vitest'
import { bindingStages } from './binding-stages.ts'
import { heldOutKinds, type Row, type Sample, type Step } from './figures.ts'
import { medianOf, rowsOf } from './rows.ts'
import { gateProblems, targetsOf } from './targets.ts'

const aSample = (tool: string, step: Step, wallSeconds: number, changes: Partial<Sample> = {}): Sample => ({
  set: 'linux',
  tool,
  step,
  round: 0,
  wallSeconds,
  cpuSeconds: wallSeconds * 2,
  peakBytes: 100,
  parts: { [tool]: { cpuSeconds: wallSeconds * 2, peakBytes: 100 } },
  storedBytes: 1000,
  ...changes,
})
const rows = (...samples: Sample[]): Row[] => rowsOf(samples)
const named = (all: readonly Row[], name: string) => targetsOf(all).filter((target) => target.name === name)

test('the middle one counts, or the mean of the two in the middle', () => {
  expect([medianOf([3]), medianOf([9, 1, 2]), medianOf([10, 1, 2, 4])]).toEqual([3, 2, 3])
})

test('a row is the median of each figure by itself, with the fastest and the slowest round', () => {
  const [row, ...others] = rows(
    aSample('restic', 'first', 5, { peakBytes: 1, storedBytes: 10 }),
    aSample('restic', 'first', 1, { peakBytes: 3, storedBytes: 20 }),
    aSample('restic', 'first', 3, { peakBytes: 2, storedBytes: 30 }),
  )
  expect(others).toEqual([])
  expect(row).toMatchObject({ rounds: 3, wallSeconds: 3, wallSpread: [1, 5], cpuSeconds: 6, peakBytes: 2, storedBytes: 20 })
  expect(row?.parts).toEqual({ restic: { cpuSeconds: 6, peakBytes: 100 } })
})

describe('a target', () => {
  test('compares with the fastest peer, and with no floor', () => {
    const all = rows(
      aSample('holdfast', 'first', 4),
      aSample('restic', 'first', 9),
      aSample('borg', 'first', 7),
      aSample('rsync', 'first', 1),
      aSample('cp -a', 'first', 1),
    )
    expect(named(all, 'linux: first backup')).toEqual([
      {
        name: 'linux: first backup',
        target: '≥ 2× as fast as borg, the fastest peer',
        measured: '1.75×',
        met: false,
        gate: { rule: '≥ 1.5×', passed: true },
      },
    ])
  })

  test('of a rescan is restic’s time and rsync’s, of a restore cp’s too', () => {
    const all = rows(
      aSample('cp -a', 'first', 5, { storedBytes: null }),
      ...['holdfast', 'restic', 'rsync'].flatMap((tool, index) => [aSample(tool, 'unchanged', [1, 3, 0.4][index] ?? 0)]),
      aSample('holdfast', 'restore', 4),
      aSample('restic', 'restore', 7),
    )
    expect(targetsOf(all).map(({ name, measured, met }) => [name, measured, met])).toEqual([
      ['linux: unchanged backup', '3.00×', true],
      ['linux: unchanged backup', '3.00×', true],
      ['linux: restore', '1.75×', true],
      ['linux: unchanged backup', '2.50×', false],
      ['linux: restore', '0.80×', true],
    ])
  })

  test('of size is restic’s store', () => {
    const all = rows(aSample('holdfast', 'first', 1, { storedBytes: 1010 }), aSample('restic', 'first', 3))
    expect(named(all, 'linux: stored size')).toMatchObject([{ measured: '1.01×', met: false, gate: null }])
  })
})

describe('a target without a gate', () => {
  test('of a million files is three times restic, and what the agent takes of the memory', () => {
    const parts = { agent: { cpuSeconds: 1, peakBytes: 351e6 }, hub: { cpuSeconds: 1, peakBytes: 900e6 } }
    const all = rows(aSample('holdfast', 'first', 10, { set: 'tiny', parts }), aSample('restic', 'first', 31, { set: 'tiny' }))
    expect(targetsOf(all)).toMatchObject([
      { name: 'tiny: first backup', measured: '3.10×', met: true, gate: null },
      { name: 'tiny: memory of the agent, first backup', measured: '351 MB', met: false, gate: null },
    ])
  })

  test('of a held-out kind is the fastest peer, for a first backup and a restore', () => {
    const of = (tool: string, seconds: number) =>
      (['first', 'unchanged', 'restore'] as const).map((step) => aSample(tool, step, seconds, { set: 'vm' }))
    const all = targetsOf(rows(...of('holdfast', 4), ...of('restic', 3), ...of('borg', 8), ...of('read and seal', 1)))
    expect(all.map(({ name, measured, gate }) => [name, measured, gate])).toEqual([
      ['vm: first backup', '0.75×', null],
      ['vm: restore', '0.75×', null],
    ])
    expect(gateProblems(all, ['restic'])).toEqual([])
  })
})

test('what is said of missed targets is said of targets that there are', () => {
  const sets = ['linux', 'large', 'tiny', ...heldOutKinds] as const
  const steps = ['first', 'unchanged', 'restore'] as const
  const all = sets.flatMap((set) =>
    ['holdfast', 'restic', 'rsync', 'cp -a'].flatMap((tool) =>
      steps.map((step) => aSample(tool, step, 1, { set, parts: { agent: { cpuSeconds: 1, peakBytes: 1 } } })),
    ),
  )
  const names = new Set(targetsOf(rows(...all)).map(({ name }) => name))
  // Those of sizes are looked at with their targets.
  expect(Object.keys(bindingStages).filter((name) => !names.has(name) && !name.startsWith('scale:'))).toEqual([])
})

describe('the gate', () => {
  test('falls where Holdfast is behind a peer, whatever is only a target', () => {
    const all = rows(
      aSample('holdfast', 'first', 1),
      aSample('borg', 'first', 1.4),
      aSample('holdfast', 'unchanged', 1),
      aSample('borg', 'unchanged', 0.9),
      aSample('holdfast', 'restore', 1),
      aSample('borg', 'restore', 1.1),
    )
    expect(gateProblems(targetsOf(all), ['borg'])).toEqual([
      'linux: first backup is 1.40×; the gate is ≥ 1.5×, the target ≥ 2× as fast as borg.',
      'linux: unchanged backup is 0.90×; the gate is ≥ 1×, the target ≥ 1× as fast as borg.',
    ])
  })

  test('does not fall by an unchanged backup of four files, and still says that it missed', () => {
    const all = rows(...['holdfast', 'borg'].map((tool, index) => aSample(tool, 'unchanged', 2 - index, { set: 'large' })))
    expect(named(all, 'large: unchanged backup')).toMatchObject([{ measured: '0.50×', met: false, gate: null }])
    expect(gateProblems(targetsOf(all), ['borg'])).toEqual([])
  })

  test('does not stand open because there is nobody to compare with', () => {
    expect(gateProblems([], [])).toHaveLength(1)
  })
})
