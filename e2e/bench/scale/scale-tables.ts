import type { Browsing, DataSetFacts, Row, ScaleSetName, Visits } from '../figures.ts'
import { markdownTable, mebibytes, seconds } from '../result-tables.ts'
import { stepNames } from '../targets.ts'
import { measuredSizes, percentileOf, perMillion, scaleRatio, type MeasuredSize } from './scale-figures.ts'

/** What grows with the number of files and what does not, and how long folders take to open. Empty where no sizes were measured. */
export function scaleLines(dataSets: readonly DataSetFacts[], rows: readonly Row[], browsing: readonly Browsing[]): string[] {
  const sizes = measuredSizes(dataSets, rows)
  if (sizes.length === 0) return []
  return ['', ...growthLines(sizes, browsing), ...browsing.flatMap(browsingLines)]
}

interface Growth {
  readonly step: string
  readonly figure: string
  /** One for each size. */
  readonly values: readonly (number | undefined)[]
  readonly show: (value: number) => string
}

function growthLines(sizes: readonly MeasuredSize[], browsing: readonly Browsing[]): string[] {
  const growths = [...(sizes[0]?.rows ?? []).flatMap(({ step }) => growthsOf(sizes, step)), ...growthsOfBrowsing(sizes, browsing)]
  return [
    'Times, CPU and stored bytes are for each million files, memory is all of it; the ratio is that of the last size to the first.',
    '',
    ...markdownTable(
      ['step', 'figure', ...sizes.map(({ facts }) => `${facts.files.toLocaleString('en')} files`), 'ratio'],
      growths.map(({ step, figure, values, show }) => {
        const ratio = scaleRatio(values)
        return [
          step,
          figure,
          ...values.map((value) => (value === undefined ? '' : show(value))),
          ratio === null ? '' : `${ratio.toFixed(2)}×`,
        ]
      }),
    ),
  ]
}

function growthsOf(sizes: readonly MeasuredSize[], step: Row['step']): Growth[] {
  const title = stepNames[step]
  const rowsOfStep = sizes.map(({ rows }) => rows.find((row) => row.step === step))
  const each = (of: (row: Row) => number | null | undefined, isPerMillion: boolean): (number | undefined)[] =>
    sizes.map(({ facts }, index) => {
      const row = rowsOfStep[index]
      const value = row === undefined ? null : of(row)
      return value === null || value === undefined ? undefined : isPerMillion ? perMillion(value, facts) : value
    })
  const parts = Object.keys(rowsOfStep[0]?.parts ?? {})
  return [
    { step: title, figure: 'time', values: each((row) => row.wallSeconds, true), show: seconds },
    ...parts.map((part) => ({
      step: title,
      figure: `CPU, ${part}`,
      values: each((row) => row.parts[part]?.cpuSeconds, true),
      show: seconds,
    })),
    ...parts.map((part) => ({
      step: title,
      figure: `memory, ${part}`,
      values: each((row) => row.parts[part]?.peakBytes, false),
      show: mebibytes,
    })),
    { step: title, figure: 'stored', values: each((row) => row.storedBytes, true), show: mebibytes },
  ]
}

/** Of the whole of it, however many files there are: so many folders are opened in each size. */
function growthsOfBrowsing(sizes: readonly MeasuredSize[], browsing: readonly Browsing[]): Growth[] {
  const each = (of: (one: Browsing) => number | undefined): (number | undefined)[] =>
    sizes.map(({ facts }) => {
      const one = browsing.find(({ set }) => set === facts.name)
      return one === undefined ? undefined : of(one)
    })
  const start = each(({ hubStartSeconds }) => hubStartSeconds)
  if (start.every((value) => value === undefined)) return []
  return [
    { step: 'browsing', figure: 'start of the hub, all of it', values: start, show: seconds },
    ...['hub', 'database'].map((part) => ({
      step: 'browsing',
      figure: `memory, ${part}`,
      values: each(({ parts }) => parts[part]?.peakBytes),
      show: mebibytes,
    })),
  ]
}

const milliseconds = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`

const browsingLines = ({ set, visits }: Browsing): string[] => [
  '',
  `Opening folders of the snapshot of \`${filesOf(set)}\` files, by HTTP:`,
  '',
  ...markdownTable(
    ['what', 'calls', 'p50', 'p95', 'max'],
    visits.map((visit) => [
      visitName(visit),
      String(visit.milliseconds.length),
      ...[50, 95, 100].map((percent) => milliseconds(percentileOf(visit.milliseconds, percent))),
    ]),
  ),
]

const filesOf = (set: ScaleSetName): string => Number(set.split('-')[1]).toLocaleString('en')

function visitName({ place, entries, isFirst }: Visits): string {
  const many = entries.toLocaleString('en')
  const what = {
    top: 'top of the snapshot',
    folders: `folder with the ${many} folders`,
    folder: `folder of ${many}`,
    wide: `folder of ${many}, its first 1,000`,
    'wide rest': `folder of ${many}, each further 10,000`,
  }[place]
  return `${what}, ${isFirst ? 'first time' : 'again'}`
}
