/**
 * What the engine's sizes save and cost: backs FOLDER up and restores it with one size varied, each run in a process of its own, all values in turn
 * in each round, each round beginning with another one. Medians of the rounds.
 *
 *   node -C @holdfast/source engine/bench/sizes.ts FOLDER bundle|pack|chunk|threads [ROUNDS]
 *
 * Put FOLDER on a tmpfs: store, copies and what is restored lie beside it, up to three times its size, and are removed.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { makeEditedCopy } from './sizes/edited-copy.ts'
import type { RunFigures, RunOrder } from './sizes/one-run.ts'
import { isSizeKind, variations, type Variation } from './sizes/size-kinds.ts'
import { printTables, type Measured } from './sizes/tables.ts'

const folder = realpathSync(process.argv[2] ?? '.')
const kind = process.argv[3]
const rounds = Number(process.argv[4] ?? 3)
const here = (name: string): string => path.join(import.meta.dirname, 'sizes', name)
if (!isSizeKind(kind)) throw new Error('Say what is varied: bundle, pack, chunk or threads.')

/** Restored one by one; of a folder of few files each would be a good part of it all. */
const singleFiles = 40
const fewFiles = 1000

// Node walks into symlinked folders too, and no backup does.
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && realpathSync(entry.parentPath) === entry.parentPath)
  .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
  .sort()
const work = mkdtempSync(path.join(path.dirname(folder), 'hf-bench-'))
const copy = path.join(work, 'copy')
const single = kind === 'bundle' || kind === 'pack' ? chosenFiles() : []
const rows: readonly Measured[] = variations[kind].map((variation) => ({ variation, backups: [], restores: [], again: [] }))

/** Evenly over the folder, so that each run takes the same. What lies in its folder's page is no restore of contents. */
function chosenFiles(): readonly string[] {
  const stored = files.filter((file) => statSync(path.join(folder, file)).size > 1024)
  if (stored.length < fewFiles) return []
  return Array.from({ length: singleFiles }, (_, index) => stored[Math.floor(((index + 0.5) * stored.length) / singleFiles)] ?? '')
}

function run({ constants, chunker, threads }: Variation, order: Pick<RunOrder, 'task' | 'folder' | 'seed' | 'singleFiles'>): RunFigures {
  const whole: RunOrder = { ...order, work: path.join(work, 'run'), chunker, threads }
  const args = ['-C', '@holdfast/source', '--import', here('other-sizes.ts'), here('one-run.ts'), JSON.stringify(whole)]
  const env = { ...process.env, HOLDFAST_BENCH_CONSTANTS: JSON.stringify(constants) }
  return JSON.parse(execFileSync(process.execPath, args, { env, encoding: 'utf8' })) as RunFigures
}

/** Each run by itself: whoever sees one that is far off sees it in its round. */
function lastRuns({ backups, restores, again }: Measured): string {
  const told = (name: string, figures: RunFigures | undefined): string =>
    figures === undefined ? '' : ` ${name} ${(figures.cpuMs / 1000).toFixed(2)} s CPU, ${(figures.elapsedMs / 1000).toFixed(2)} s;`
  return told('backup', backups.at(-1)) + told('restore', restores.at(-1)) + told('edited copy', again.at(-1))
}

function measure({ variation, backups, restores, again }: Measured, seed: number): void {
  mkdirSync(path.join(work, 'run'))
  backups.push(run(variation, { task: 'backup', folder, seed, singleFiles: [] }))
  restores.push(run(variation, { task: 'restore', folder, seed, singleFiles: single }))
  if (kind === 'chunk') again.push(run(variation, { task: 'backup', folder: copy, seed, singleFiles: [] }))
  rmSync(path.join(work, 'run'), { recursive: true })
}

// A child that Ctrl-C ends makes its call fail, and what is below cleans up: only this process must not end at once.
process.once('SIGINT', () => (process.exitCode = 130))
try {
  const edits = kind === 'chunk' ? makeEditedCopy(folder, files, copy) : 0
  for (let round = 0; round < rounds; round++)
    for (let turn = 0; turn < rows.length; turn++) {
      const row = rows[(round + turn) % rows.length]!
      measure(row, round)
      console.error(`round ${round + 1} of ${rounds}: ${row.variation.name}:${lastRuns(row)}`)
    }
  printTables(kind, rows, edits)
} finally {
  rmSync(work, { recursive: true, force: true })
}
