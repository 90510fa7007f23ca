import type { Retention } from '@holdfast/shared-types'
import { formatCounted } from './format-figures.ts'

const periods = [
  ['keepHourly', 'hour'],
  ['keepDaily', 'day'],
  ['keepWeekly', 'week'],
  ['keepMonthly', 'month'],
  ['keepYearly', 'year'],
] as const
const units = ['years', 'months', 'days', 'hours'] as const

/** What a plan keeps of its snapshots: `the last 3, one of each of 7 days, all within 2 days`. */
export function keepsInWords(rules: Retention | null): string {
  if (rules === null) return 'everything'
  const { keepLast, keepWithin, versionsPerFile } = rules
  const one = periods.flatMap(([rule, unit]) => (rules[rule] === 0 ? [] : [formatCounted(rules[rule], unit)]))
  const within = units.flatMap((unit) =>
    keepWithin === null || keepWithin[unit] === 0 ? [] : [formatCounted(keepWithin[unit], unit.slice(0, -1))],
  )
  const snapshots = [
    ...(keepLast === 0 ? [] : [`the last ${keepLast}`]),
    ...(one.length === 0 ? [] : [`one of each of ${one.join(', ')}`]),
    ...(within.length === 0 ? [] : [`all within ${within.join(' and ')}`]),
  ].join('; ')
  const versions = versionsPerFile === null ? [] : [`at most ${formatCounted(versionsPerFile, 'version')} of each file`]
  return [snapshots === '' ? 'everything' : snapshots, ...versions].join('; ')
}
