import type { Browsing, DataSetFacts, Row, Target } from '../figures.ts'
import { stepNames } from '../targets.ts'
import { measuredSizes, percentileOf, perMillion, scaleRatio, type MeasuredSize } from './scale-figures.ts'

/** What one size may be worse than another, of noise alone (docs/performance.md). */
const mostGrowth = 1.3
/** What a person takes for at once. */
const mostMilliseconds = 100
const browsedPercent = 95

/** Which of these bind is said by the page; none of them is a gate. */
export function scaleTargets(dataSets: readonly DataSetFacts[], rows: readonly Row[], browsing: readonly Browsing[]): Target[] {
  const sizes = measuredSizes(dataSets, rows)
  const steps = (sizes[0]?.rows ?? []).map(({ step }) => step)
  return [
    ...steps.flatMap((step) => growth(sizes, step, 'time per file', ({ wallSeconds }, facts) => perMillion(wallSeconds, facts))),
    ...(['agent', 'hub'] as const).flatMap((part) =>
      steps.flatMap((step) => growth(sizes, step, `memory of the ${part}`, ({ parts }) => parts[part]?.peakBytes)),
    ),
    ...browsing.flatMap(browsed),
  ]
}

function growth(
  sizes: readonly MeasuredSize[],
  step: Row['step'],
  figure: string,
  valueOf: (row: Row, facts: DataSetFacts) => number | undefined,
): Target[] {
  const ratio = scaleRatio(
    sizes.map(({ facts, rows }) => {
      const row = rows.find((one) => one.step === step)
      return row === undefined ? undefined : valueOf(row, facts)
    }),
  )
  const [smallest, largest] = [sizes[0]?.facts.files ?? 0, sizes.at(-1)?.facts.files ?? 0]
  if (ratio === null) return []
  return [
    {
      name: `scale: ${stepNames[step]}, ${figure}`,
      target: `≤ ${mostGrowth}× from ${smallest.toLocaleString('en')} to ${largest.toLocaleString('en')} files`,
      measured: `${ratio.toFixed(2)}×`,
      met: ratio <= mostGrowth,
      gate: null,
    },
  ]
}

const browsed = ({ set, visits }: Browsing): Target[] =>
  visits
    .filter(({ place }) => place === 'folder')
    .map(({ isFirst, entries, milliseconds }) => {
      const value = percentileOf(milliseconds, browsedPercent)
      return {
        name: `${set}: opening a folder of ${entries.toLocaleString('en')}, ${isFirst ? 'first time' : 'again'}`,
        target: `p${browsedPercent} ≤ ${mostMilliseconds} ms`,
        measured: `${value.toFixed(0)} ms`,
        met: value <= mostMilliseconds,
        gate: null,
      }
    })
