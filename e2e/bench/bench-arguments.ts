import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { dataSetNames, type DataSetName } from './figures.ts'

export interface BenchArguments {
  readonly sets: readonly DataSetName[]
  readonly rounds: number
  /** Ends with a failure where Holdfast is behind a peer. */
  readonly gate: boolean
  /** Writes the results into docs/performance.md. */
  readonly record: boolean
  /** Folder for data and stores; null = a tmpfs. */
  readonly workFolder: string | null
  /** Folder with data sets made earlier (`linux/`, `large/`); it is left as it was. */
  readonly dataFolder: string | null
  /** A second restic, such as a newer one. */
  readonly otherRestic: string | null
  /** Also borg with its default compression. */
  readonly borgLz4: boolean
}

export const usage = `usage: npm run bench -- [linux] [large] [options]      (both sets when none is named)

  --repeat N       rounds; the median counts (3)
  --no-gate        end well even where Holdfast is behind a peer
  --record         write the results into docs/performance.md
  --work DIR       where data and stores lie (a folder of its own on /dev/shm)
  --data DIR       use the data sets DIR/linux and DIR/large instead of making them
  --restic PATH    compare with this restic too
  --borg-lz4       compare with the first backup of borg's default compression too`

export class UsageProblem extends Error {}

/** @throws UsageProblem */
export function parseBenchArguments(args: readonly string[]): BenchArguments {
  const { values, positionals } = parse(args)
  const rounds = Number(values.repeat ?? 3)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) throw new UsageProblem(`--repeat takes a number from 1 to 100.\n${usage}`)
  const unknown = positionals.find((name) => !isDataSet(name))
  if (unknown !== undefined) throw new UsageProblem(`There is no data set “${unknown}”; there are ${dataSetNames.join(' and ')}.\n${usage}`)
  const sets = dataSetNames.filter((name) => positionals.length === 0 || positionals.includes(name))
  const path = (value: string | undefined): string | null => (value === undefined ? null : resolve(value))
  return {
    sets,
    rounds,
    gate: values['no-gate'] !== true,
    record: values.record === true,
    workFolder: path(values.work),
    dataFolder: path(values.data),
    otherRestic: path(values.restic),
    borgLz4: values['borg-lz4'] === true,
  }
}

const isDataSet = (name: string): name is DataSetName => (dataSetNames as readonly string[]).includes(name)

const options = {
  repeat: { type: 'string' },
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
