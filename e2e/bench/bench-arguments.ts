import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { dataSetNames, heldOutKinds, scaleName, usualDataSets, type DataSetName } from './figures.ts'

export interface BenchArguments {
  readonly sets: readonly DataSetName[]
  readonly rounds: number
  /** Whether somebody asked for so many rounds: then also where one would do. */
  readonly areRoundsGiven: boolean
  /** Tells where the time goes instead of comparing. */
  readonly stages: boolean
  /** Of the set `tiny`. */
  readonly files: number
  /** Files of the sizes that are compared, ascending; empty = none are. */
  readonly scaleSizes: readonly number[]
  /** Ends with a failure where Holdfast is behind a peer. */
  readonly gate: boolean
  /** Compares what was restored with its source, where there is a program that can. */
  readonly isRestoreCompared: boolean
  /** Writes the results into docs/performance.md. */
  readonly record: boolean
  /** Folder for data and stores; null = a tmpfs, or a disk where the set wants one. */
  readonly workFolder: string | null
  /** Folder with data sets made earlier (`linux/`, `large/`); it is left as it was. */
  readonly dataFolder: string | null
  /** A second restic, such as a newer one. */
  readonly otherRestic: string | null
  /** Also borg with its default compression. */
  readonly borgLz4: boolean
}

const usualTinyFiles = 1_000_000
/** From how many on a person thinks of many, and what a large server holds. */
const usualScaleSizes = [1_000_000, 5_000_000]

/** All held-out kinds at once. */
const kindsName = 'kinds'

export const usage = `usage: npm run bench -- [SET…] [options]      (linux and large when none is named)

  SET              linux, large, tiny, ${heldOutKinds.join(', ')}; ${kindsName} = the last ${heldOutKinds.length};
                   ${scaleName} = Holdfast alone with two numbers of tiny files
  --stages         where the time goes, instead of a comparison (linux when no set is named; one round)
  --files N[,M]    files of the set tiny, 1,000 in each folder (1000000); of ${scaleName} a smaller and a larger number (${usualScaleSizes.join()})
  --repeat N       rounds; the median counts (3; of tiny 1; of ${scaleName} always 1)
  --no-compare     do not compare what was restored with its source: of millions of small files on a slow disk that may take longer than all else
  --no-gate        end well even where Holdfast is behind a peer
  --record         write the results into docs/performance.md
  --work DIR       where data and stores lie (a folder of its own on /dev/shm, of tiny and ${scaleName} on /var/tmp)
  --data DIR       use the data sets DIR/linux, DIR/large … instead of making them
  --restic PATH    compare with this restic too
  --borg-lz4       compare with the first backup of borg's default compression too`

export class UsageProblem extends Error {}

/** @throws UsageProblem */
export function parseBenchArguments(args: readonly string[]): BenchArguments {
  const { values, positionals } = parse(args)
  const stages = values.stages === true
  if (stages && values.record === true) throw new UsageProblem(`--record writes comparisons, and --stages makes none.\n${usage}`)
  if (positionals.includes(scaleName) && values.record === true)
    throw new UsageProblem(`--record keeps comparisons with other programs, and ${scaleName} makes none.\n${usage}`)
  const path = (value: string | undefined): string | null => (value === undefined ? null : resolve(value))
  const wanted = wantedSets(positionals, values, stages ? ['linux'] : usualDataSets)
  return {
    ...wanted,
    rounds: wholeNumber('--repeat', values.repeat ?? (stages ? '1' : '3'), 1, 100),
    areRoundsGiven: values.repeat !== undefined,
    stages,
    // Sizes are compared with each other.
    gate: values['no-gate'] !== true && !stages && wanted.sets.length > 0,
    isRestoreCompared: values['no-compare'] !== true,
    record: values.record === true,
    workFolder: path(values.work),
    dataFolder: path(values.data),
    otherRestic: path(values.restic),
    borgLz4: values['borg-lz4'] === true,
  }
}

interface GivenOptions {
  readonly files?: string | undefined
  readonly data?: string | undefined
  readonly stages?: boolean | undefined
}

function wantedSets(
  names: readonly string[],
  { files, data, stages }: GivenOptions,
  whenNone: readonly DataSetName[],
): Pick<BenchArguments, 'sets' | 'files' | 'scaleSizes'> {
  const isScale = names.includes(scaleName)
  if (isScale && (stages === true || data !== undefined))
    throw new UsageProblem(`${scaleName} makes its own data and compares sizes: neither --data nor --stages goes with it.\n${usage}`)
  const named = names.filter((name) => name !== scaleName)
  const sets = isScale && named.length === 0 ? [] : setsNamed(named, whenNone)
  const given = files === undefined ? null : fileNumbers(files)
  if (given !== null && given.length > 1 && (!isScale || sets.includes('tiny')))
    throw new UsageProblem(`--files takes two numbers for ${scaleName} alone.\n${usage}`)
  return { sets, files: given?.[0] ?? usualTinyFiles, scaleSizes: isScale ? (given ?? usualScaleSizes) : [] }
}

/** One number, or two of which the second is larger. */
function fileNumbers(text: string): number[] {
  const numbers = text.split(',').map((one) => wholeNumber('--files', one, 1000, 50_000_000))
  const [first = 0, second = Infinity, ...more] = numbers
  if (second <= first || more.length > 0) throw new UsageProblem(`--files takes one number, or a smaller and a larger one.\n${usage}`)
  return numbers
}

function setsNamed(names: readonly string[], whenNone: readonly DataSetName[]): DataSetName[] {
  const unknown = names.find((name) => name !== kindsName && !isDataSet(name))
  if (unknown !== undefined)
    throw new UsageProblem(
      `There is no data set “${unknown}”; there are ${dataSetNames.join(', ')}, ${kindsName} and ${scaleName}.\n${usage}`,
    )
  const wanted: readonly string[] = names.length === 0 ? whenNone : names.flatMap((name) => (name === kindsName ? heldOutKinds : [name]))
  return dataSetNames.filter((name) => wanted.includes(name))
}

const isDataSet = (name: string): name is DataSetName => (dataSetNames as readonly string[]).includes(name)

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < least || number > most)
    throw new UsageProblem(`${option} takes a number from ${least} to ${most}.\n${usage}`)
  return number
}

const options = {
  repeat: { type: 'string' },
  stages: { type: 'boolean' },
  files: { type: 'string' },
  'no-compare': { type: 'boolean' },
  'no-gate': { type: 'boolean' },
  record: { type: 'boolean' },
  work: { type: 'string' },
  data: { type: 'string' },
  restic: { type: 'string' },
  'borg-lz4': { type: 'boolean' },
} as const

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    throw new UsageProblem(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
  }
}
