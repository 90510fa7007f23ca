import type { TimeSeries } from './time-series.ts'

/** What the values of a chart are: it decides where the lines beside them lie. */
export type ChartUnit = 'bytes' | 'durationMs'

/** Lines from nothing to `max`, `interval` apart. */
export interface ValueLines {
  readonly interval: number
  readonly max: number
}

const wantedLines = 4
const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000]
const durationSteps = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30].map((steps) => steps * second),
  ...[1, 2, 5, 10, 15, 30].map((steps) => steps * minute),
  ...[1, 2, 3, 6, 12].map((steps) => steps * hour),
]

/** The smallest distance that needs no more than the lines that are wanted. */
function intervalOf(most: number, unit: ChartUnit): number {
  const least = most / wantedLines
  // A power of two apart, as the sizes beside them are written: 64 MiB, not 57.2.
  if (unit === 'bytes') return 2 ** Math.max(0, Math.ceil(Math.log2(least)))
  return durationSteps.find((step) => step >= least) ?? Math.ceil(least / day) * day
}

export function valueLines(series: readonly TimeSeries[], unit: ChartUnit): ValueLines {
  const values = series.flatMap(({ points }) => points.map(([, value]) => value ?? 0))
  const most = values.reduce((highest, value) => Math.max(highest, value), 1)
  const interval = intervalOf(most, unit)
  return { interval, max: interval * Math.ceil(most / interval) }
}

/** The values at which lines are drawn, nothing included. */
export const lineValues = ({ interval, max }: ValueLines): number[] =>
  Array.from({ length: Math.round(max / interval) + 1 }, (_, line) => line * interval)
