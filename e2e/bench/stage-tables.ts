import type { Row, StageFigure, StepStages } from './figures.ts'
import { markdownTable, mebibytes, seconds } from './result-tables.ts'
import { stageMeanings } from './stages/stages.ts'
import { product, stepNames } from './targets.ts'

/** Less than this share of a step's CPU is not worth a line; it is in the results file, and in the sum at the table's end. */
const smallestShare = 0.005

/** One table for each step that was profiled: where the CPU went, the most first. */
export const stageLines = (measured: readonly StepStages[], rows: readonly Row[]): string[] =>
  measured.flatMap((step) => linesOf(step, rows))

function linesOf({ set, step, wallSeconds, figures, idleSeconds, profilerSeconds }: StepStages, rows: readonly Row[]): string[] {
  const sum = sumOf(figures)
  const shown = figures.filter(({ cpuSeconds }) => cpuSeconds >= sum * smallestShare)
  const small = sum - sumOf(shown)
  const plain = rows.find((row) => row.set === set && row.step === step && row.tool === product)
  const compared = plain === undefined ? '' : `, without the profiler ${seconds(plain.wallSeconds)} and ${seconds(plain.cpuSeconds)} of CPU`
  const idle = Object.entries(idleSeconds).map(([part, value]) => `${part} ${seconds(value)}`)
  return [
    '',
    `\`${set}\`, ${stepNames[step]}: ${seconds(sum)} of CPU in ${seconds(wallSeconds)}${compared}. Threads had nothing to do for (summed): ${idle.join(', ')}. The profiler’s own threads: ${seconds(profilerSeconds)}.`,
    '',
    ...markdownTable(
      ['part', 'stage', 'CPU', 'share', 'bytes', 'what'],
      [
        ...shown.toSorted((left, right) => right.cpuSeconds - left.cpuSeconds).map((figure) => cellsOf(figure, sum)),
        ...(small > 0 ? [['', 'less than 0.5 % each', seconds(small), percent(small, sum), '', '']] : []),
      ],
    ),
  ]
}

const sumOf = (figures: readonly StageFigure[]): number => figures.reduce((total, { cpuSeconds }) => total + cpuSeconds, 0)
const percent = (part: number, whole: number): string => (whole === 0 ? '' : `${((part / whole) * 100).toFixed(1)} %`)

const cellsOf = ({ part, stage, cpuSeconds, bytes }: StageFigure, sum: number): string[] => [
  part,
  stage,
  seconds(cpuSeconds),
  percent(cpuSeconds, sum),
  bytes === null ? '' : mebibytes(bytes),
  stageMeanings[stage],
]
