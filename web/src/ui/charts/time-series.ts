/** One line or one row of bars over time. */
export interface TimeSeries {
  readonly name: string
  readonly kind: 'line' | 'bar'
  /** Milliseconds since 1970 and the value then; null = nothing is known of that moment. */
  readonly points: readonly (readonly [timeMs: number, value: number | null])[]
  /** By role, never by value: charts follow the theme. */
  readonly tone: 'primary' | 'neutral' | 'success' | 'warning' | 'error'
}

/** A row of times, oldest first, and for each series a row of values beside it; undefined = this series says nothing of that time. */
export type ChartRows = [times: number[], ...values: (number | null | undefined)[][]]

export function chartRows(series: readonly TimeSeries[]): ChartRows {
  const times = [...new Set(series.flatMap(({ points }) => points.map(([timeMs]) => timeMs)))].toSorted((a, b) => a - b)
  const rows = series.map(({ points }) => {
    const byTime = new Map(points)
    return times.map((timeMs) => byTime.get(timeMs))
  })
  return [times, ...rows]
}
