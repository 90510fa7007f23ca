import { EngineError } from '@holdfast/engine/errors'
import { IncludeGlobs } from '@holdfast/engine/restorer'
import {
  AppError,
  ConflictMode,
  includePatternProblem,
  isFileSystemRoot,
  leanRestore,
  restoreModes,
  type RunOrder,
  type Snapshot,
  type WirePath,
} from '@holdfast/shared-types'
import { wirePathBytes } from '../runs/wire-path-bytes.ts'
import { confirmOriginal, requireSomebodyToAsk } from './confirm-original.ts'
import { localPath, snapshotPath } from './resolve-path.ts'
import type { Terminal } from './terminal.ts'

export interface RestoreArguments {
  readonly snapshot: string
  readonly host: string | undefined
  /** Undefined: to where it was. */
  readonly target: string | undefined
  readonly original: boolean
  readonly flat: boolean
  readonly paths: readonly string[]
  readonly include: readonly string[]
  readonly conflict: string
  readonly dryRun: boolean
  /** Also what was deleted at the source and is kept. */
  readonly withDeleted: boolean
  /** Goes on without a question. */
  readonly yes: boolean
}

export type RestoreOrder = Extract<RunOrder, { kind: 'restore' }>

/** @throws AppError `command.invalid`, before anything is asked of the hub: a typing error must not cost a link. */
export function makeOrder({
  target,
  original,
  flat,
  paths,
  include,
  dryRun,
  withDeleted,
  ...args
}: RestoreArguments): (id: RestoreOrder['snapshotId']) => RestoreOrder {
  if (target !== undefined && original) throw invalid('--target and --original exclude each other.')
  if (target === undefined && flat) throw invalid('--flat needs a --target: what goes back to where it was keeps its whole path.')
  requireUsable(include)
  const conflict = conflictOf(args.conflict)
  const where = targetOf({ target, flat })
  const selected = paths.map(snapshotPath)
  const modes = { include: [...include], conflict, dryRun, withDeleted }
  // As the hub writes it down.
  return (snapshotId) => ({ kind: 'restore', ...leanRestore({ snapshotId, target: where, flat, paths: selected, ...modes }) })
}

/** Null: to where it was, which is also what everything below `/` with its whole path means. */
function targetOf({ target, flat }: Pick<RestoreArguments, 'target' | 'flat'>): WirePath | null {
  const where = target === undefined ? null : localPath(target)
  return where !== null && !flat && isFileSystemRoot(where) ? null : where
}

/** Whether a person has to be asked, because it may write where people work. */
export const needsConfirmation = (args: RestoreArguments): boolean => !args.dryRun && !args.yes && (targetOf(args) === null || args.flat)

/** @throws AppError `command.invalid` where a question is certain and nobody is there: before anything is opened. */
export function requireSomebody(terminal: Terminal, args: RestoreArguments): void {
  if (needsConfirmation(args) && targetOf(args) === null) requireSomebodyToAsk(terminal)
}

/** Asks where the restore writes to the original place. @throws AppError `command.invalid`, `run.cancelled` */
export async function confirmRestore(terminal: Terminal, args: RestoreArguments, snapshot: Snapshot): Promise<void> {
  const where = targetOf(args)
  if (where !== null && !snapshot.roots.some((root) => isOriginal(wirePathBytes(root), wirePathBytes(where)))) return
  await confirmOriginal(terminal, {
    snapshot,
    paths: args.paths.map(snapshotPath),
    include: args.include,
    conflict: conflictOf(args.conflict),
  })
}

/**
 * Whether what a flat restore brings of a source may lie where it was: the contents of a folder in that folder, and a source that is a file, which is put
 * into the target by its name, in the folder where it is. What a source is, the list of snapshots does not say.
 */
const isOriginal = (root: Buffer, target: Buffer): boolean => root.equals(target) || parentOf(root).equals(target)

const parentOf = (path: Buffer): Buffer => path.subarray(0, Math.max(1, path.lastIndexOf('/')))

/** What the engine would refuse in the middle of a run. */
function requireUsable(patterns: readonly string[]): void {
  for (const pattern of patterns) {
    const problem = includePatternProblem(pattern) ?? compileProblem(pattern)
    if (problem === null) continue
    throw invalid(
      `--include: the pattern “${pattern.slice(0, 200)}” cannot be used: ${problem}.`,
      'Patterns are like *.pdf, photos/*.jpg or /home/ada/**.',
    )
  }
  if (restoreModes.include.safeParse(patterns).success) return
  throw invalid(
    `These are too many patterns: ${patterns.length}.`,
    'At most 1,000 of them, 200,000 letters in all, go with one restore; join several by wildcards or braces.',
  )
}

function compileProblem(pattern: string): string | null {
  try {
    void new IncludeGlobs([pattern])
    return null
  } catch (error) {
    if (error instanceof EngineError && error.code === 'restore.pattern-invalid') return 'its braces come to too many, or it makes no sense'
    throw error
  }
}

function conflictOf(text: string): ConflictMode {
  const mode = ConflictMode.safeParse(text)
  if (!mode.success) throw invalid(`“${text}” is no way to meet what is there.`, `Choose one of ${ConflictMode.options.join(', ')}.`)
  return mode.data
}

const invalid = (message: string, cure = 'See `holdfast restore --help`.'): AppError => new AppError('command.invalid', { message, cure })
