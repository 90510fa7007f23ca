import type { Retention } from '@holdfast/shared-types'
import { choosesSnapshots, ruleCounts, withinUnits } from '@holdfast/shared-types/compare-rules'
import shipped from '@holdfast/shared-types/retention-presets.json' with { type: 'json' }

/** The hub's own for what rules leave out: a test compares. */
export const standardMinimumAgeDays = 7

export const noRules: Retention = {
  keepLast: 0,
  keepHourly: 0,
  keepDaily: 0,
  keepWeekly: 0,
  keepMonthly: 0,
  keepYearly: 0,
  keepWithin: null,
  minimumAgeDays: standardMinimumAgeDays,
  versionsPerFile: null,
}

export { choosesSnapshots, keepsLess, ruleCounts, withinUnits } from '@holdfast/shared-types/compare-rules'
export type WithinUnit = (typeof withinUnits)[number]

export const presetNames = ['everything', 'user-data', 'deletions-kept', 'server', 'virtual-machine'] as const
export type PresetName = (typeof presetNames)[number]

interface ShippedPreset {
  readonly name: string
  readonly rules: (Partial<Omit<Retention, 'keepWithin'>> & { readonly keepWithin?: Partial<NonNullable<Retention['keepWithin']>> }) | null
}

const withinOf = (parts: Partial<NonNullable<Retention['keepWithin']>>): Retention['keepWithin'] => ({
  years: 0,
  months: 0,
  days: 0,
  hours: 0,
  ...parts,
})

/**
 * Data that the hub ships and checks. Null: everything is kept.
 * @param canLimitVersions false: without a limit of versions, for devices whose snapshots the hub cannot write anew
 */
export function rulesOfPreset(name: PresetName, canLimitVersions = true): Retention | null {
  const rules = (shipped as readonly ShippedPreset[]).find((preset) => preset.name === name)?.rules ?? null
  if (rules === null) return null
  const { keepWithin, ...given } = rules
  const whole = { ...noRules, ...given, keepWithin: keepWithin === undefined ? null : withinOf(keepWithin) }
  return keptRules(whole, canLimitVersions)
}

/** The same rules without a limit of versions; null, as everything is kept then, where they said nothing else. */
export function withoutVersionLimit(rules: Retention): Retention | null {
  if (rules.versionsPerFile === null) return rules
  return choosesSnapshots(rules) ? { ...rules, versionsPerFile: null } : null
}

/** What a device keeps of rules: without a limit of versions where it can have none. Null: everything. */
export const keptRules = (rules: Retention | null, canLimitVersions: boolean): Retention | null =>
  rules === null || canLimitVersions ? rules : withoutVersionLimit(rules)

/** Whether both keep the same, whatever the order in which they say it. */
export const isSameRules = (left: Retention | null, right: Retention | null): boolean => textOfRules(left) === textOfRules(right)

/** Of equal rules the same text. */
export const textOfRules = (rules: Retention | null): string =>
  rules === null
    ? ''
    : JSON.stringify([
        ...ruleCounts.map((name) => rules[name]),
        withinUnits.map((unit) => rules.keepWithin?.[unit] ?? 0),
        rules.minimumAgeDays,
        rules.versionsPerFile,
      ])

/** `own`: rules of one's own. `canLimitVersions` as of `rulesOfPreset`: without it, both are compared as they are kept. */
export const presetOf = (rules: Retention | null, canLimitVersions = true): PresetName | 'own' =>
  presetNames.find((name) => isSameRules(rulesOfPreset(name, canLimitVersions), keptRules(rules, canLimitVersions))) ?? 'own'

export type RulesMistake = 'nothing' | 'number' | 'young' | 'less'

const mostOf = { counts: 10_000, minimumAgeDays: 3650, versionsPerFile: 1000 }
const mostWithin: Readonly<Record<WithinUnit, number>> = { hours: 100_000, days: 36_500, months: 1200, years: 100 }
const isCount = (value: unknown, most: number): boolean => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most

/**
 * What the hub would refuse.
 * @param leastAgeDays younger ones may not go by this person's rules
 */
export function rulesMistake(rules: Retention | null, leastAgeDays: number): RulesMistake | null {
  if (rules === null) return null
  const { minimumAgeDays, versionsPerFile } = rules
  if (!areNumbers(rules)) return 'number'
  if (versionsPerFile === null && !choosesSnapshots(rules)) return 'nothing'
  return minimumAgeDays < leastAgeDays ? 'young' : null
}

const areNumbers = (rules: Retention): boolean => {
  const { keepWithin, minimumAgeDays, versionsPerFile } = rules
  return (
    ruleCounts.every((name) => isCount(rules[name], mostOf.counts)) &&
    isCount(minimumAgeDays, mostOf.minimumAgeDays) &&
    (versionsPerFile === null || (versionsPerFile > 0 && isCount(versionsPerFile, mostOf.versionsPerFile))) &&
    (keepWithin === null || withinUnits.every((unit) => isCount(keepWithin[unit], mostWithin[unit])))
  )
}
