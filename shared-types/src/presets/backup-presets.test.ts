import { describe, expect, test } from 'vitest'
import { exclusionPatternProblem } from '../primitives/exclusion-pattern.ts'
import { BackupPreset, backupPresets, findPreset, pathsOfPreset, presetNamesFor, unknownPreset } from './backup-presets.ts'
import shipped from './backup-presets.json' with { type: 'json' }

describe('what is shipped', () => {
  test.each(shipped.map((preset) => [preset.name, preset] as const))('%s is a preset', (_, preset) => {
    expect(BackupPreset.safeParse(preset).error?.issues ?? []).toEqual([])
  })

  const rules = backupPresets.flatMap(({ name, system, rules: all }) => all.map((rule) => ({ name, system, ...rule })))
  test.each(rules)('$name: $paths is $rule because of $why', ({ system, paths, why }) => {
    expect(why).toMatch(/^\S.*[^\s.]$/)
    for (const path of paths) {
      expect(exclusionPatternProblem(path.replaceAll('\\', '/'))).toSatisfy((problem) => problem === null || path === '/')
      const isName = !/[/\\]/.test(path) && path !== '~'
      expect(isName || (system === 'windows' ? path.startsWith('C:\\') : /^(\/|~($|\/))/.test(path))).toBe(true)
      expect(path).not.toMatch(/\.\.|\/\//)
    }
  })

  test('names are unique, references lead somewhere on the same system, and no path is named twice', () => {
    expect(new Set(backupPresets.map(({ name }) => name)).size).toBe(backupPresets.length)
    for (const preset of backupPresets) {
      if (preset.excludesOf !== undefined) expect(findPreset(preset.excludesOf)?.system).toBe(preset.system)
      const { included, excluded } = pathsOfPreset(preset)
      expect(new Set([...included, ...excluded]).size).toBe(included.length + excluded.length)
      expect(included.length).toBeGreaterThan(0)
    }
  })
})

test('what is optional is included while it is on; off, it is only not included', () => {
  const { included, excluded } = pathsOfPreset(findPreset('linux-user-data')!)
  expect(included).toEqual(['/home', '/root', '/etc', '/opt', '/srv'])
  expect(excluded).toEqual(expect.arrayContaining(['/proc', '/run', '~/.cache']))
  for (const optional of ['/mnt', '/media', '/boot', '/var/lib/docker', '/var/lib/libvirt']) expect(excluded).not.toContain(optional)
  expect(pathsOfPreset(findPreset('macos-user-data')!).excluded).toContain('~/Library/Mobile Documents')
})

test.each(['linux', 'macos', 'windows'])(
  '%s-everything leaves out what is excluded by rule, and nothing that is merely optional',
  (system) => {
    const everything = pathsOfPreset(findPreset(`${system}-everything`)!)
    const { rules } = findPreset(`${system}-user-data`)!
    const byRule = rules.filter(({ rule }) => rule === 'exclude').flatMap(({ paths }) => paths)
    expect(everything.excluded).toEqual(byRule)
    expect(rules.filter(({ on }) => on === false).flatMap(({ paths }) => paths)).not.toEqual([])
  },
)

test('a rule without a reason, or an optional one that does not say whether it is on, is none', () => {
  const rule = { paths: ['/x'], rule: 'exclude', why: 'a reason' }
  const preset = (change: object): unknown => ({ name: 'p', system: 'linux', about: 'about', rules: [{ ...rule, ...change }] })
  expect(BackupPreset.safeParse(preset({})).success).toBe(true)
  for (const change of [{ why: '' }, { rule: 'optional' }, { on: true }, { paths: [] }, { more: 1 }])
    expect(BackupPreset.safeParse(preset(change)).success).toBe(false)
})

test('a device knows the presets of its own system', () => {
  expect(presetNamesFor('linux')).toEqual(['linux-user-data', 'linux-everything'])
  expect(unknownPreset(['linux-user-data'], 'linux')).toBeNull()
  expect(unknownPreset(['linux-user-data', 'windows-user-data'], 'linux')).toBe('windows-user-data')
  expect(unknownPreset(['nonsense'], 'linux')).toBe('nonsense')
})
