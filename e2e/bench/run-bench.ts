/** `npm run bench`: the whole system beside restic, borg, rsync and cp, on this machine (docs/performance.md). */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../stack/project.ts'
import { parseBenchArguments, UsageProblem, type BenchArguments } from './bench-arguments.ts'
import { resultsOf } from './collect-results.ts'
import { dataSetTraits } from './data-set-traits.ts'
import type { BenchResults } from './figures.ts'
import { floorTool } from './floor-tool.ts'
import { holdMemory } from './hold-memory.ts'
import { holdfastTool } from './holdfast.ts'
import { measureSet, nothingMeasured } from './measure-set.ts'
import { copyTool, findPeers } from './peers.ts'
import { recordResults } from './record-results.ts'
import { resultLines } from './result-tables.ts'
import { measureScale } from './scale/measure-scale.ts'
import { scaleLines } from './scale/scale-tables.ts'
import { stageLines } from './stage-tables.ts'
import { floors, gateProblems } from './targets.ts'
import type { Tool } from './tool.ts'
import { makeWorkFolder, type WorkFolder } from './work-folder.ts'

const failed = 1
const usageStatus = 2
const interrupted = 130

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(new Error(`stopped by ${signal}`)))

async function bench(options: BenchArguments, signal: AbortSignal): Promise<number> {
  const { tools: peers, missing } = options.stages ? { tools: stageFloors, missing: [] } : await findPeers(options)
  if (options.gate && missing.length > 0)
    throw new Error(`${missing.join('; ')}. Nothing was measured; --no-gate measures with what is there.`)
  // Sizes are compared with each other.
  if (options.sets.length > 0) for (const line of missing) console.error(`Not compared: ${line}.`)
  const tools = [holdfastTool, ...peers]
  const isRestoreCompared = options.isRestoreCompared && peers.some(({ name }) => name === 'rsync')
  if (!isRestoreCompared && !options.stages) console.error(`Restored trees are not compared with their sources: ${whyNot(options)}.`)
  const measured = nothingMeasured()
  const held = await holdMemoryFor(options, signal)
  try {
    for (const set of options.sets) await measureSet({ set, options, tools, isRestoreCompared, signal }, measured)
    const { scaleSizes: sizes, workFolder } = options
    if (sizes.length > 0) await measureScale({ sizes, workFolder, isRestoreCompared, signal, tell: console.error }, measured)
  } finally {
    held?.remove()
  }
  return finish(options, resultsOf(measured, tools))
}

const whyNot = ({ isRestoreCompared }: BenchArguments): string => (isRestoreCompared ? 'that needs rsync' : '--no-compare')

/** Once, for all sets that lie in memory. */
async function holdMemoryFor({ sets, workFolder }: BenchArguments, signal: AbortSignal): Promise<WorkFolder | null> {
  if (sets.every((set) => dataSetTraits[set].place !== 'memory')) return null
  const held = makeWorkFolder({ folder: workFolder, place: 'memory', neededBytes: 0 })
  process.once('exit', () => held.remove())
  const bytes = await holdMemory(held.path, signal)
  if (bytes > 0) console.error(`${(bytes / 2 ** 30).toFixed(0)} GiB of memory touched once`)
  return held
}

/** With nothing to compare with there is still how little there could be to do. */
const stageFloors: readonly Tool[] = [floorTool('hmac-sha256'), copyTool]

function finish(options: BenchArguments, results: BenchResults): number {
  const { dataSets, rows, stages, browsing } = results
  const lines = [...resultLines(results), ...scaleLines(dataSets, rows, browsing), ...stageLines(stages, rows)]
  console.log(lines.join('\n'))
  writeFileSync(join(projectRoot, 'bench-results.json'), `${JSON.stringify(results, null, 2)}\n`)
  if (options.record) recordResults(join(projectRoot, 'docs', 'performance.md'), lines)
  if (options.stages || options.sets.length === 0) return 0
  const comparedWith = Object.keys(results.peers).filter((tool) => tool !== holdfastTool.name && !floors.includes(tool))
  const problems = gateProblems(results.targets, comparedWith)
  for (const problem of problems) console.error(`Gate: ${problem}`)
  return options.gate && problems.length > 0 ? failed : 0
}

try {
  process.exitCode = await bench(parseBenchArguments(process.argv.slice(2)), stop.signal)
} catch (error) {
  const reason: unknown = stop.signal.aborted ? stop.signal.reason : error
  console.error(reason instanceof Error ? reason.message : reason)
  process.exitCode = error instanceof UsageProblem ? usageStatus : stop.signal.aborted ? interrupted : failed
}
