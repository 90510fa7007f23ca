import { backupPresets, findPreset, type BackupPreset } from '@holdfast/shared-types'
import { noSuchPreset, thisSystem } from '../presets/index.ts'
import { print, type CommandContext } from './command-context.ts'
import { formatTable } from './format-table.ts'

/** Shows what presets include and leave out, and why. @param name of any system; without one, those of this machine's system. */
export function presetsCommand(context: CommandContext, { name }: { readonly name: string | undefined }): Promise<number> {
  const shown = name === undefined ? backupPresets.filter(({ system }) => system === thisSystem()) : [named(name)]
  print(context, shown.map(presetDocument), () => shown.flatMap(presetLines))
  return Promise.resolve(0)
}

function named(name: string): BackupPreset {
  const preset = findPreset(name)
  if (preset === undefined) throw noSuchPreset(name, thisSystem())
  return preset
}

const presetDocument = ({ name, system, about, excludesOf, rules }: BackupPreset): Record<string, unknown> => ({
  name,
  system,
  about,
  ...(excludesOf === undefined ? {} : { excludesOf }),
  rules: rules.map(({ paths, rule, on, why }) => ({ paths, rule, ...(on === undefined ? {} : { on }), why })),
})

const columns = [{ title: 'Rule' }, { title: 'Places' }, { title: 'Reason' }] as const

function presetLines({ name, about, excludesOf, rules }: BackupPreset): string[] {
  const table = formatTable(
    columns,
    rules.map(({ rule, on, paths, why }) => [
      rule === 'optional' ? `optional, ${on === true ? 'in' : 'out'}` : rule,
      paths.join('  '),
      why,
    ]),
  )
  return [
    `${name}: ${about}`,
    ...table.map((line) => `  ${line}`),
    ...(excludesOf === undefined ? [] : [`  and leaves out what ${excludesOf} excludes, and none of what is optional there`]),
  ]
}
