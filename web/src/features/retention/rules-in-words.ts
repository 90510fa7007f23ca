import type { Retention } from '@holdfast/shared-types'
import type { useText } from '../../platform/i18n/use-text.ts'
import { ruleCounts, standardMinimumAgeDays, withinUnits } from './retention-rules.ts'

type Texts = Pick<ReturnType<typeof useText>, 't' | 'count'>

/** Which snapshots rules keep, a line each; nothing where all are kept. */
export function rulesInWords(rules: Retention | null, { t, count }: Texts): string[] {
  if (rules === null) return []
  const { keepWithin } = rules
  const within = withinUnits
    .filter((unit) => (keepWithin?.[unit] ?? 0) > 0)
    .map((unit) => t(`retention.unit.${unit}`, { count: keepWithin?.[unit] ?? 0, shown: count(keepWithin?.[unit] ?? 0) }))
  return [
    ...ruleCounts
      .filter((name) => rules[name] > 0)
      .map((name) => t(`retention.keeps.${name}`, { count: rules[name], shown: count(rules[name]) })),
    ...(within.length === 0 ? [] : [t('retention.keeps.keepWithin', { time: within.toReversed().join(', ') })]),
  ]
}

/** The same in a line, for where there is little room. */
export function rulesInShort(rules: Retention | null, texts: Texts): string {
  if (rules === null) return texts.t('retention.everything')
  const versions = versionsInWords(rules, texts)
  const kept = rulesInWords(rules, texts)
  return [...(kept.length === 0 ? [texts.t('retention.allSnapshots')] : kept), ...(versions === null ? [] : [versions])].join('; ')
}

/** How many versions of each file stay; null for all. */
export const versionsInWords = ({ versionsPerFile }: Retention, { t, count }: Texts): string | null =>
  versionsPerFile === null ? null : t('retention.versions.rule', { count: versionsPerFile, shown: count(versionsPerFile) })

/** What holds besides. */
export const ageInWords = ({ minimumAgeDays }: Retention, { t, count }: Texts): string =>
  minimumAgeDays === 0 ? t('retention.anyAge') : t('retention.age', { count: minimumAgeDays, shown: count(minimumAgeDays) })

export const letsYoungGo = (rules: Retention | null): boolean => rules !== null && rules.minimumAgeDays < standardMinimumAgeDays
