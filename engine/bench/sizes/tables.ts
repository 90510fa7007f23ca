import type { HubFigures } from './directory-hub.ts'
import type { RunFigures } from './one-run.ts'
import type { SizeKind, Variation } from './size-kinds.ts'

/** All rounds of one value. */
export interface Measured {
  readonly variation: Variation
  readonly backups: RunFigures[]
  readonly restores: RunFigures[]
  /** Backups of the edited copy into the same store. */
  readonly again: RunFigures[]
}

type Column<T> = readonly [title: string, cell: (runs: readonly T[]) => string]

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 24 ? 2 : 1)} MiB`
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`
const seconds = (ms: number): string => (ms / 1000).toFixed(2)
const count = (value: number): string => value.toFixed(value < 100 ? 1 : 0).replace(/\.0$/u, '')

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle - 1)] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** The median, and the least and the most. */
function spread(values: readonly number[]): string {
  return `${seconds(median(values))} s (${seconds(Math.min(...values))}–${seconds(Math.max(...values))})`
}

const ofMedian =
  (figure: (run: RunFigures) => number, text: (value: number) => string) =>
  (runs: readonly RunFigures[]): string =>
    text(median(runs.map(figure)))

const cost: readonly Column<RunFigures>[] = [
  ['CPU', (runs) => spread(runs.map((run) => run.cpuMs))],
  [
    'of it main thread',
    ofMedian(
      (run) => run.mainCpuMs,
      (ms) => `${seconds(ms)} s`,
    ),
  ],
  ['on the clock', (runs) => spread(runs.map((run) => run.elapsedMs))],
  [
    'memory',
    ofMedian(
      (run) => run.highestMiB,
      (value) => `${value.toFixed(0)} MiB`,
    ),
  ],
]
const sent: readonly Column<RunFigures>[] = [
  ['stored', ofMedian((run) => run.storedBytes, mib)],
  ['packs', ofMedian((run) => run.packs, count)],
  ['questions', ofMedian((run) => run.questions, count)],
]
const fetched: readonly Column<RunFigures>[] = [
  ['fetched', ofMedian((run) => run.dataBytes + run.metadataBytes, mib)],
  ['requests', ofMedian((run) => run.requests, count)],
  ['reads of the store', ofMedian((run) => run.storeReads, count)],
]
const perFile = (figure: (file: HubFigures) => number, of: typeof median) => (runs: readonly RunFigures[]) =>
  of(runs.flatMap((run) => run.singleFiles.map(figure)))
const single: readonly Column<RunFigures>[] = [
  ['contents, median', (runs) => kib(perFile((file) => file.dataBytes, median)(runs))],
  ['mean', (runs) => kib(perFile((file) => file.dataBytes, mean)(runs))],
  ['folders and lists, mean', (runs) => kib(perFile((file) => file.metadataBytes, mean)(runs))],
  ['requests, mean', (runs) => count(perFile((file) => file.requests, mean)(runs))],
]

export function printTables(kind: SizeKind, rows: readonly Measured[], edits: number): void {
  const first = rows[0]?.backups[0]
  if (first === undefined) return
  console.log(`${first.files} files, ${mib(first.bytes)}; ${rows[0]?.backups.length} rounds`)
  const print = (title: string, columns: readonly Column<RunFigures>[], runsOf: (row: Measured) => readonly RunFigures[]): void => {
    console.log(`\n${title}:\n\n| ${[kind, ...columns.map(([name]) => name)].join(' | ')} |\n|${'---|'.repeat(columns.length + 1)}`)
    for (const row of rows) {
      const { name, isPresent } = row.variation
      console.log(`| ${[isPresent ? `**${name}**` : name, ...columns.map(([, cell]) => cell(runsOf(row)))].join(' | ')} |`)
    }
  }
  print('Backup', [...cost, ...sent], (row) => row.backups)
  print('Restore', [...cost, ...fetched], (row) => row.restores)
  if ((rows[0]?.restores[0]?.singleFiles.length ?? 0) > 0) print('A single file', single, (row) => row.restores)
  if ((rows[0]?.again.length ?? 0) > 0) print(`Backup of a copy with ${edits} small edits`, [...cost, ...sent], (row) => row.again)
}
