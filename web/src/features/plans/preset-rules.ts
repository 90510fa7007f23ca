import type { BackupPreset, HostFacts } from '@holdfast/shared-types'
import shipped from '@holdfast/shared-types/backup-presets.json' with { type: 'json' }
import { recommendedPreset } from './plan-draft.ts'

type PresetRule = BackupPreset['rules'][number]

/** Data that the hub ships and checks; here it is only shown. */
const presets = shipped as readonly BackupPreset[]

const find = (name: string | undefined) => presets.find((preset) => preset.name === name)

/** What a preset leaves out where folders are chosen, each with its reason: its own rules, and those of the one it builds on. */
export function leftOutRules(name: string): PresetRule[] {
  const preset = find(name)
  if (preset === undefined) return []
  const included = preset.rules
    .filter(({ rule, on }) => rule === 'include' || (rule === 'optional' && on === true))
    .flatMap(({ paths }) => paths)
  const isIn = (path: string) => included.some((place) => path.startsWith(`${place}/`) || path.startsWith(`${place}\\`))
  // Optional places that are off would come in with a place around them; elsewhere they are merely not included.
  const switchedOff = preset.rules.flatMap((rule) => {
    const paths = rule.rule === 'optional' && rule.on !== true ? rule.paths.filter(isIn) : []
    return paths.length === 0 ? [] : [{ ...rule, paths }]
  })
  const rules = [...(find(preset.excludesOf)?.rules ?? []), ...preset.rules].filter(({ rule }) => rule === 'exclude')
  return [...rules, ...switchedOff]
}

/**
 * Presets to choose from on a system: the recommended one, which leaves out what all others of the system do, and whatever is chosen
 * already, also where this console does not know it.
 */
export function offeredPresets(system: HostFacts['os'], chosen: readonly string[]): string[] {
  const first = recommendedPreset(system) ?? presets.find((preset) => preset.system === system)?.name
  return [...new Set([...(first === undefined ? [] : [first]), ...chosen])]
}

/** Agents do not know places of drives yet: a backup by a preset of Windows would be refused. */
export const canUsePresets = (system: HostFacts['os']): boolean => system !== 'windows'
