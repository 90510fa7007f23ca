/** `npm run bench`: the whole system beside restic, borg, rsync and cp, on this machine (docs/performance.md). */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, release, totalmem, type as systemName } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../stack/project.ts'
import { parseBenchArguments, UsageProblem, type BenchArguments } from './bench-arguments.ts'
import { makeDataSet, readThrough, takeDataSet } from './data-sets.ts'
import { fileSystemOf } from './file-system.ts'
import type { BenchResults, DataSetFacts, MachineFacts, Sample } from './figures.ts'
import { holdfastTool } from './holdfast.ts'
import { measureRounds } from './measure-rounds.ts'
import { findPeers } from './peers.ts'
import { recordResults } from './record-results.ts'
import { resultLines } from './result-tables.ts'
import { rowsOf } from './rows.ts'
import { floors, gateProblems, targetsOf } from './targets.ts'
import type { Tool } from './tool.ts'
import { makeWorkFolder } from './work-folder.ts'

/** Holdfast trusts files that were left alone for 2 s before it looked, borg those that are older than its newest. */
const settleMs = 2_500
const failed = 1
const usageStatus = 2
const interrupted = 130

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(new Error(`stopped by ${signal}`)))

async function bench(options: BenchArguments, signal: AbortSignal): Promise<number> {
  const { tools: peers, missing } = await findPeers(options)
  if (options.gate && missing.length > 0)
    throw new Error(`${missing.join('; ')}. Nothing was measured; --no-gate measures with what is there.`)
  for (const line of missing) console.error(`Not compared: ${line}.`)
  const tools = [holdfastTool, ...peers]
  const work = makeWorkFolder(options.workFolder)
  process.once('exit', () => work.remove())
  const isRestoreCompared = peers.some(({ name }) => name === 'rsync')
  if (!isRestoreCompared) console.error('Restored trees are not compared with their sources: that needs rsync.')
  const fileSystem = fileSystemOf(work.path)
  const samples: Sample[] = []
  const dataSets: DataSetFacts[] = []
  for (const set of options.sets) {
    const source = join(options.dataFolder ?? work.path, set)
    console.error(`${set}: making and reading the data …`)
    const origin = options.dataFolder === null ? await makeDataSet(set, source, signal) : takeDataSet(source)
    dataSets.push(readThrough(set, source, origin))
    samples.push(
      ...(await measureRounds({
        set,
        source,
        workFolder: work.path,
        tools,
        rounds: options.rounds,
        signal,
        settleMs,
        isRestoreCompared,
        tell: console.error,
      })),
    )
  }
  work.remove()
  return finish(options, resultsOf({ samples, dataSets, tools, fileSystem }))
}

interface Measured {
  readonly samples: readonly Sample[]
  readonly dataSets: readonly DataSetFacts[]
  readonly tools: readonly Tool[]
  readonly fileSystem: string
}

function resultsOf({ samples, dataSets, tools, fileSystem }: Measured): BenchResults {
  const rows = rowsOf(samples)
  return {
    machine: machineFacts(fileSystem),
    date: new Date().toISOString(),
    commit: commitInHand(),
    peers: Object.fromEntries(tools.map(({ name, version }) => [name, version])),
    dataSets,
    rows,
    targets: targetsOf(rows),
    samples,
  }
}

function finish(options: BenchArguments, results: BenchResults): number {
  const lines = resultLines(results)
  console.log(lines.join('\n'))
  writeFileSync(join(projectRoot, 'bench-results.json'), `${JSON.stringify(results, null, 2)}\n`)
  if (options.record) recordResults(join(projectRoot, 'docs', 'performance.md'), lines)
  const comparedWith = Object.keys(results.peers).filter((tool) => tool !== holdfastTool.name && !floors.includes(tool))
  const problems = gateProblems(results.targets, comparedWith)
  for (const problem of problems) console.error(`Gate: ${problem}`)
  return options.gate && problems.length > 0 ? failed : 0
}

const machineFacts = (fileSystem: string): MachineFacts => ({
  cpu: cpus()[0]?.model ?? 'an unknown processor',
  cores: cpus().length,
  memoryBytes: totalmem(),
  system: `${systemName()} ${release()}`,
  node: process.versions.node,
  fileSystem,
})

function commitInHand(): string | null {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: projectRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return git('rev-parse', '--short', 'HEAD').trim() + (git('status', '--porcelain').trim() === '' ? '' : ' with changes')
  } catch {
    // A copy without git: then nobody knows.
    return null
  }
}

try {
  process.exitCode = await bench(parseBenchArguments(process.argv.slice(2)), stop.signal)
} catch (error) {
  const reason: unknown = stop.signal.aborted ? stop.signal.reason : error
  console.error(reason instanceof Error ? reason.message : reason)
  process.exitCode = error instanceof UsageProblem ? usageStatus : stop.signal.aborted ? interrupted : failed
}
