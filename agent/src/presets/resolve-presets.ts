import { lstatSync } from 'node:fs'
import {
  AppError,
  findPreset,
  pathsOfPreset,
  presetNamesFor,
  unknownPreset,
  type BackupPreset,
  type HostFacts,
} from '@holdfast/shared-types'
import { folderOfHomes, userHomes } from './user-homes.ts'
import { thisSystem } from './this-system.ts'

/** What presets leave out, as lines of gitignore. */
export interface PresetPatterns {
  /** From each source on. */
  readonly patterns: readonly string[]
  /** From the root of the file system on. */
  readonly absolutePatterns: readonly string[]
}

/** A machine as presets see it. */
export interface PresetMachine {
  readonly system: HostFacts['os']
  /** Absolute paths of the homes there are. */
  readonly homes: readonly string[]
}

export const thisMachine = (): PresetMachine => ({ system: thisSystem(), homes: userHomes(thisSystem()) })

export const noSuchPreset = (name: string, system: HostFacts['os']): AppError =>
  new AppError('request.invalid', {
    message: `There is no preset “${name}” for this device’s system.`,
    cure: `Choose one of: ${presetNamesFor(system).join(', ')}. \`holdfast presets\` shows what each leaves out, and why.`,
  })

/** @throws AppError `request.invalid` for a name that is no preset of this system. */
export function presetsOf(names: readonly string[], { system }: PresetMachine): BackupPreset[] {
  const unknown = unknownPreset(names, system)
  if (unknown !== null) throw noSuchPreset(unknown, system)
  return names.map((name) => findPreset(name)).filter((preset) => preset !== undefined)
}

/** @throws AppError `request.invalid` */
export function presetPatterns(names: readonly string[], machine: PresetMachine): PresetPatterns {
  const paths = presetsOf(names, machine).flatMap((preset) => pathsOfPreset(preset).excluded)
  const absolute = paths.filter((path) => !isName(path)).flatMap((path) => absolutePatterns(path, machine))
  return { patterns: [...new Set(paths.filter(isName))], absolutePatterns: [...new Set(absolute)] }
}

/** What presets include, where this machine has it. @throws AppError `request.invalid` */
export function presetSources(names: readonly string[], machine: PresetMachine): string[] {
  const paths = presetsOf(names, machine).flatMap((preset) => pathsOfPreset(preset).included)
  const places = paths.flatMap((path) => (path === '~' ? machine.homes : [walkable(path)]))
  return [...new Set(places)].filter(isThere)
}

const isName = (path: string): boolean => !/[/\\~]/.test(path)

function absolutePatterns(path: string, { system, homes }: PresetMachine): string[] {
  if (path.startsWith('~/')) return [`${folderOfHomes[system]}/*`, ...homes.map(quoted)].map((home) => home + path.slice(1))
  return [walkable(path)]
}

/** @throws AppError `request.invalid` for a place of a drive. */
function walkable(path: string): string {
  if (path.startsWith('/')) return path
  // The engine walks trees that begin with a slash; drives come with the Windows sources.
  throw new AppError('request.invalid', {
    message: 'This agent cannot use presets of Windows yet: they name places of drives.',
    cure: 'Name the sources, and leave out by patterns.',
  })
}

/** A path as a pattern that means exactly it. */
const quoted = (path: string): string => path.replaceAll(/[\\*?[\]]/g, String.raw`\$&`)

function isThere(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch {
    // A machine without /srv has nothing to back up there.
    return false
  }
}
