import { AppError, leanCompression, leanDeletedFiles, type Compression, type WirePath } from '@holdfast/shared-types'
import { presetSources, thisMachine } from '../presets/index.ts'
import { askForRun } from './ask-for-run.ts'
import { carryOutRun } from './carry-out-run.ts'
import type { CommandContext } from './command-context.ts'
import { readExclusions, type ExcludeArguments } from './exclude-options.ts'
import { findOwnPlan } from './plans-command.ts'
import { localPath } from './resolve-path.ts'

export interface BackupArguments {
  readonly paths: readonly string[]
  readonly full: boolean
  readonly exclusions: ExcludeArguments
  /** Undefined: the usual, or the plan's. */
  readonly compression: Compression | undefined
  /** What is deleted at the source stays in the snapshot, marked. */
  readonly keepDeleted: boolean
  /** Name or id of a plan of this device: it says all the rest. */
  readonly plan: string | undefined
}

export function backupCommand(context: CommandContext, args: BackupArguments): Promise<number> {
  const { paths, full, exclusions, compression, keepDeleted, plan } = args
  if (plan !== undefined) return runPlan(context, plan, args)
  // Before anything is started: a typing error must not cost a link.
  const leftOut = readExclusions(exclusions)
  const sources = sourcesOf(paths, exclusions.presets)
  if (!context.isJson) for (const hint of misplacedPatterns(leftOut.exclude ?? [], sources)) context.terminal.err(`${hint}\n`)
  const words = { ...leftOut, ...leanCompression(compression), ...leanDeletedFiles(keepDeleted ? 'keep' : 'follow') }
  return carryOutRun(context, (access) => askForRun(access, { kind: 'backup', sources, full, ...words }))
}

function runPlan(context: CommandContext, name: string, args: BackupArguments): Promise<number> {
  const { paths, full, exclusions, compression, keepDeleted } = args
  const { patterns, files, presets, caches, oneFileSystem } = exclusions
  if (
    paths.length + patterns.length + files.length + presets.length > 0 ||
    caches ||
    oneFileSystem ||
    keepDeleted ||
    compression !== undefined
  )
    throw new AppError('command.invalid', {
      message: 'A plan says itself what is backed up, what is left out, what becomes of deleted files and how it is compressed.',
      cure: 'Give --plan alone, or leave it out.',
    })
  return carryOutRun(context, async (access) => {
    const { id } = await findOwnPlan(access, name)
    return access.client.call('startPlanRun', { params: { planId: id }, body: { full } })
  })
}

/** Without a path, what the presets include on this machine. */
function sourcesOf(paths: readonly string[], presets: readonly string[]): WirePath[] {
  if (paths.length > 0) return paths.map(localPath)
  if (presets.length === 0)
    throw new AppError('command.invalid', {
      message: 'Nothing was named to back up.',
      cure: 'Name a folder or file, or a preset with --preset: `holdfast presets` lists them.',
    })
  const sources = presetSources(presets, thisMachine()).map(localPath)
  if (sources.length > 0) return sources
  throw new AppError('command.invalid', {
    message: 'This machine has none of the places that the preset includes.',
    cure: 'Name what to back up.',
  })
}

/** The top of a pattern is its source: one that repeats the path of its source most likely means something else. */
function misplacedPatterns(patterns: readonly string[], sources: readonly WirePath[]): string[] {
  return patterns.flatMap((pattern) => {
    const source = sources.find(({ path }) => path !== '/' && pattern.replace(/^!/, '').startsWith(`${path}/`))
    if (source === undefined) return []
    const meant = pattern.replace(source.path, '')
    return [`Note: patterns begin at each source. To leave out ${pattern} write “${meant}”.`]
  })
}
