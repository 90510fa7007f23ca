import { z } from 'zod'
import { HostFacts } from '../model/device.ts'
import { PresetName } from '../model/run.ts'
import shipped from './backup-presets.json' with { type: 'json' }

/**
 * One rule of a preset, with the reason that people are shown.
 *
 * A path is one of: absolute (`/proc`, `C:\Windows`), where `*` stands for any letters of one component and `{user}` on Windows for
 * every profile; of each user's home (`~`, `~/.cache`); or a name without a slash, which is met in whatever folder it is.
 */
const PresetRule = z
  .strictObject({
    paths: z.array(z.string().min(1).max(1000)).min(1),
    /** `optional`: included while `on`, else not; then it is left out only where it lies in a place that the same preset includes. */
    rule: z.enum(['include', 'exclude', 'optional']),
    on: z.boolean().optional(),
    why: z.string().min(4).max(200),
  })
  .refine(({ rule, on }) => (rule === 'optional') === (on !== undefined), 'Exactly an optional rule says whether it is on.')
export type PresetRule = z.infer<typeof PresetRule>

export const BackupPreset = z
  .strictObject({
    name: PresetName,
    system: HostFacts.shape.os,
    about: z.string().min(4).max(200),
    rules: z.array(PresetRule).min(1),
    /** Excludes besides what that preset excludes by rule; what is merely optional there is user data and stays in. */
    excludesOf: PresetName.optional(),
  })
  .meta({ id: 'BackupPreset', description: 'What to back up and what to leave out on one system, each rule with its reason' })
export type BackupPreset = z.infer<typeof BackupPreset>

/** All that Holdfast carries. Data: a change of a rule is a change of backup-presets.json alone. */
export const backupPresets: readonly BackupPreset[] = z.array(BackupPreset).parse(shipped)

export const findPreset = (name: string): BackupPreset | undefined => backupPresets.find((preset) => preset.name === name)

/** Names of those made for a system. */
export const presetNamesFor = (system: HostFacts['os']): string[] =>
  backupPresets.filter((preset) => preset.system === system).map(({ name }) => name)

/** The first of these names that a device of that system knows nothing of; null when it knows them all. */
export const unknownPreset = (names: readonly string[], system: HostFacts['os']): string | null =>
  names.find((name) => findPreset(name)?.system !== system) ?? null

/** Paths to back up, and paths to leave out, as the rules write them. */
export function pathsOfPreset(preset: BackupPreset): { readonly included: readonly string[]; readonly excluded: readonly string[] } {
  const included = preset.rules.filter(isIncluded).flatMap(({ paths }) => paths)
  const other = preset.excludesOf === undefined ? undefined : findPreset(preset.excludesOf)
  const excluded = [...(other?.rules ?? []), ...preset.rules].filter(({ rule }) => rule === 'exclude').flatMap(({ paths }) => paths)
  return { included, excluded: [...excluded, ...switchedOff(preset, included)] }
}

/** Optional places that are off and would come in with a place around them: elsewhere it is enough not to include them. */
function switchedOff({ rules }: BackupPreset, included: readonly string[]): string[] {
  const paths = rules.filter(({ rule, on }) => rule === 'optional' && on !== true).flatMap((rule) => rule.paths)
  return paths.filter((path) => included.some((place) => path.startsWith(`${place}/`) || path.startsWith(`${place}\\`)))
}

const isIncluded = ({ rule, on }: PresetRule): boolean => rule === 'include' || (rule === 'optional' && on === true)
