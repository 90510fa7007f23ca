import { scaleName, type DataSetFacts, type Row } from '../figures.ts'

/** One of the sizes that are compared. */
export interface MeasuredSize {
  readonly facts: DataSetFacts
  readonly rows: readonly Row[]
}

/** In the order in which they were measured: the smallest first. */
export const measuredSizes = (dataSets: readonly DataSetFacts[], rows: readonly Row[]): MeasuredSize[] =>
  dataSets
    .filter(({ name }) => name.startsWith(`${scaleName}-`))
    .map((facts) => ({ facts, rows: rows.filter(({ set }) => set === facts.name) }))

export const perMillion = (value: number, { files }: Pick<DataSetFacts, 'files'>): number => (value / files) * 1e6

/** Of the last to the first; null where there are not two, or where the first is nothing to compare with. */
export function scaleRatio(values: readonly (number | undefined)[]): number | null {
  const [first, last] = [values[0], values.at(-1)]
  return values.length < 2 || first === undefined || last === undefined || first === 0 ? null : last / first
}

/** The least value that so many of a hundred do not exceed. @param values at least one */
export function percentileOf(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? NaN
}
