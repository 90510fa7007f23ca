import { AppError, type WirePath } from '@holdfast/shared-types'
import { presetSources, thisMachine } from '../presets/index.ts'
import { carryOutRun } from './carry-out-run.ts'
import type { CommandContext } from './command-context.ts'
import { readExclusions, type ExcludeArguments } from './exclude-options.ts'
import { localPath } from './resolve-path.ts'

export interface BackupArguments {
  readonly paths: readonly string[]
  readonly full: boolean
  readonly exclusions: ExcludeArguments
}

export function backupCommand(context: CommandContext, { paths, full, exclusions }: BackupArguments): Promise<number> {
  // Before anything is started: a typing error must not cost a link.
  const leftOut = readExclusions(exclusions)
  const sources = sourcesOf(paths, exclusions.presets)
  if (!context.isJson) for (const hint of misplacedPatterns(leftOut.exclude ?? [], sources)) context.terminal.err(`${hint}\n`)
  return carryOutRun(context, () => Promise.resolve({ kind: 'backup', sources, full, ...leftOut }))
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
