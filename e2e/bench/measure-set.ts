import { join } from 'node:path'
import type { BenchArguments } from './bench-arguments.ts'
import { dataSetTraits } from './data-set-traits.ts'
import { makeDataSet, readThrough, runToEnd, takeDataSet } from './data-sets.ts'
import { fileSystemOf } from './file-system.ts'
import { profiledSteps, type Browsing, type DataSetFacts, type DataSetName, type Sample, type Step, type StepStages } from './figures.ts'
import { measureRounds } from './measure-rounds.ts'
import { measureStages } from './measure-stages.ts'
import { product } from './targets.ts'
import type { Tool } from './tool.ts'
import { makeWorkFolder, usuallyNeededBytes } from './work-folder.ts'

/** Holdfast trusts files that were left alone for 2 s before it looked, borg those that are older than its newest. */
export const settleMs = 2_500
/** What has been measured so far. */
export interface Measured {
  readonly samples: Sample[]
  readonly dataSets: DataSetFacts[]
  readonly stages: StepStages[]
  readonly browsing: Browsing[]
  /** What the work folders lay on. */
  readonly fileSystems: Set<string>
}

export const nothingMeasured = (): Measured => ({ samples: [], dataSets: [], stages: [], browsing: [], fileSystems: new Set() })

export interface SetToMeasure {
  readonly set: DataSetName
  readonly options: BenchArguments
  readonly tools: readonly Tool[]
  readonly isRestoreCompared: boolean
  readonly signal: AbortSignal
}

/** In a work folder of its own, which is removed at the end: sets may lie on different disks, and none needs another. */
export async function measureSet({ set, options, tools, isRestoreCompared, signal }: SetToMeasure, measured: Measured): Promise<void> {
  const traits = dataSetTraits[set]
  const neededBytes = set === 'tiny' ? neededBytesOfTiny(options.files) : usuallyNeededBytes
  const work = makeWorkFolder({ folder: options.workFolder, place: traits.place, neededBytes })
  const removeAtExit = (): void => work.remove()
  process.once('exit', removeAtExit)
  try {
    measured.fileSystems.add(fileSystemOf(work.path))
    const source = join(options.dataFolder ?? work.path, set)
    console.error(`${set}: making and reading the data …`)
    const toMake = { name: set, folder: source, files: options.files, signal }
    const origin = options.dataFolder === null ? await makeDataSet(toMake) : takeDataSet(source)
    measured.dataSets.push(readThrough(set, source, origin))
    const prepare = async (stop: AbortSignal): Promise<void> => {
      if (traits.syncs) await runToEnd('sync', [], stop)
    }
    const shared = { set, source, workFolder: work.path, prepare, signal, settleMs, tell: console.error }
    const rounds = traits.oneRound && !options.areRoundsGiven ? 1 : options.rounds
    const { peers } = traits
    const contenders = tools.filter(({ name }) => options.stages || isContender(name, peers))
    const steps = traits.steps.filter((step) => !options.stages || (profiledSteps as readonly Step[]).includes(step))
    measured.samples.push(...(await measureRounds({ ...shared, tools: contenders, rounds, isRestoreCompared, steps })))
    if (options.stages) measured.stages.push(...(await measureStages(shared)))
  } finally {
    work.remove()
    process.off('exit', removeAtExit)
  }
}

const isContender = (tool: string, peers: readonly string[] | null): boolean =>
  peers === null || tool === product || peers.some((peer) => tool.startsWith(peer))

/** The tree, a store and a restored tree, each with a block of 4 KiB for each file, and some air. */
const neededBytesOfTiny = (files: number): number => files * 3 * 5 * 1024 + 2 ** 30
