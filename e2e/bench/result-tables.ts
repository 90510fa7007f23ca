import type { BenchResults, Row, Step, Target } from './figures.ts'
import { bindingStages } from './binding-stages.ts'
import { product, stepNames } from './targets.ts'

/** A table in markdown, aligned so that it reads well in a terminal too. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, index) => Math.max(title.length, ...rows.map((row) => (row[index] ?? '').length)))
  const line = (cells: readonly string[], fill = ' '): string =>
    `| ${widths.map((width, index) => (cells[index] ?? '').padEnd(width, fill)).join(' | ')} |`
  return [line(head), line([], '-'), ...rows.map((row) => line(row))]
}

export const seconds = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} s`
export const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`
const spreadOf = ({ wallSpread: [fastest, slowest], rounds }: Row): string =>
  rounds === 1 ? 'one round' : `${seconds(fastest)} – ${seconds(slowest)}`

/** Against Holdfast: how many times as long another tool takes. */
function comparison(row: Row, rows: readonly Row[]): string {
  const own = rows.find(({ set, step, tool }) => set === row.set && step === row.step && tool === product)
  return own === undefined || row === own ? '' : `${(row.wallSeconds / own.wallSeconds).toFixed(2)}×`
}

const partsOf = ({ parts }: Row): string =>
  Object.entries(parts)
    .map(([name, { cpuSeconds, peakBytes }]) => `${name} ${seconds(cpuSeconds)}, ${mebibytes(peakBytes)}`)
    .join('; ')

const stepTitle = (step: Step): string => stepNames[step]

/** All that was measured, one table for each data set. */
export function resultLines({ machine, date, commit, peers, dataSets, rows, targets }: BenchResults): string[] {
  const { cpu, cores, memoryBytes, system, node, fileSystem } = machine
  const tools = Object.entries(peers).map(([tool, version]) => (version.startsWith(tool) ? version : `${tool} ${version}`))
  return [
    `${date.slice(0, 10)}${commit === null ? '' : `, commit ${commit}`}; ${cores} cores of ${cpu}, ${Math.round(memoryBytes / 2 ** 30)} GiB; ${system}; Node ${node}; stores on ${fileSystem}.`,
    `Tools: ${tools.join(' · ')}.`,
    ...dataSets.flatMap((set) => [
      '',
      `\`${set.name}\`: ${set.files.toLocaleString('en')} files, ${mebibytes(set.bytes)}, on ${set.fileSystem}; ${set.origin}.`,
      '',
      ...markdownTable(
        ['step', 'tool', 'time', 'spread', 'against holdfast', 'CPU', 'memory', 'stored'],
        rows
          .filter((row) => row.set === set.name)
          .map((row) => [
            stepTitle(row.step),
            row.tool,
            seconds(row.wallSeconds),
            spreadOf(row),
            comparison(row, rows),
            seconds(row.cpuSeconds),
            mebibytes(row.peakBytes),
            row.storedBytes === null ? '' : mebibytes(row.storedBytes),
          ]),
      ),
      '',
      'Of which, CPU and memory:',
      '',
      ...rows
        .filter((row) => row.set === set.name && Object.keys(row.parts).length > 1)
        .map((row) => `* ${row.tool}, ${stepTitle(row.step)}: ${partsOf(row)}`),
    ]),
    '',
    ...targetLines(targets),
  ]
}

function targetLines(targets: readonly Target[]): string[] {
  if (targets.length === 0) return ['Nothing to compare with was measured.']
  const rows = targets.map(({ name, target, measured, met, gate }) => [
    name,
    target,
    measured,
    met ? 'met' : 'missed',
    gate === null ? '' : `${gate.rule}: ${gate.passed ? 'passed' : 'failed'}`,
  ])
  return [...markdownTable(['work', 'target', 'measured', '', 'gate'], rows), ...bindingLines(targets)]
}

/** Of what was missed and is known, each work once. */
function bindingLines(targets: readonly Target[]): string[] {
  const missed = new Set(targets.filter(({ met }) => !met).map(({ name }) => name))
  const lines = [...missed].flatMap((name) => (bindingStages[name] === undefined ? [] : [`* ${name}: ${bindingStages[name]}`]))
  return lines.length === 0 ? [] : ['', 'What binds where a target was missed:', '', ...lines]
}
