import type { Row, Sample } from './figures.ts'

/** The middle one, or the mean of the two in the middle. @param values at least one. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length / 2
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2 : (sorted[Math.floor(middle)] ?? NaN)
}

/** Medians of all that was measured, in the order in which sets, steps and tools first came. */
export function rowsOf(samples: readonly Sample[]): Row[] {
  const groups = Map.groupBy(samples, ({ set, step, tool }) => `${set} ${step} ${tool}`)
  return [...groups.values()].map(rowOf)
}

function rowOf(samples: readonly Sample[]): Row {
  const [first] = samples
  if (first === undefined) throw new Error('A row needs a sample')
  const median = (of: (sample: Sample) => number): number => medianOf(samples.map(of))
  const walls = samples.map(({ wallSeconds }) => wallSeconds)
  const parts = Object.keys(first.parts).map((part) => [
    part,
    {
      cpuSeconds: median((sample) => sample.parts[part]?.cpuSeconds ?? 0),
      peakBytes: median((sample) => sample.parts[part]?.peakBytes ?? 0),
    },
  ])
  return {
    set: first.set,
    tool: first.tool,
    step: first.step,
    rounds: samples.length,
    wallSeconds: medianOf(walls),
    wallSpread: [Math.min(...walls), Math.max(...walls)],
    cpuSeconds: median(({ cpuSeconds }) => cpuSeconds),
    peakBytes: median(({ peakBytes }) => peakBytes),
    parts: Object.fromEntries(parts) as Row['parts'],
    storedBytes: first.storedBytes === null ? null : median(({ storedBytes }) => storedBytes ?? NaN),
  }
}
