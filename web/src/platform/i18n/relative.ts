import { textOf, type Language } from './text.ts'

const steps = [
  { unit: 'second', seconds: 1, upTo: 60 },
  { unit: 'minute', seconds: 60, upTo: 3600 },
  { unit: 'hour', seconds: 3600, upTo: 86_400 },
  { unit: 'day', seconds: 86_400, upTo: 86_400 * 30 },
  { unit: 'month', seconds: 86_400 * 30.4375, upTo: 86_400 * 365 },
  { unit: 'year', seconds: 86_400 * 365.25, upTo: Infinity },
] as const
type Unit = (typeof steps)[number]['unit']

const hasWord = (unit: Unit) => unit === 'day' || unit === 'month' || unit === 'year'

/**
 * `3 minutes ago`, `yesterday`, `in 2 hours`. Within 5 s it is now, so that small differences of clocks are not shown as future. By
 * texts of our own: the first format of `Intl` takes some 35 ms of a page's start, and almost every page writes ages.
 */
export function formatRelative(timeMs: number, nowMs: number, language: Language): string {
  const seconds = (timeMs - nowMs) / 1000
  const size = Math.abs(seconds)
  if (size < 5) return textOf('when.now', {}, language)
  const { unit, seconds: length } = steps.find(({ upTo }) => size < upTo) ?? steps[5]
  // What is to come is rounded: a token that was made for a year a minute ago does not end in eleven months. And a month is a little more
  // than the 30 days after which days are counted no more.
  const count = Math.max(1, seconds > 0 ? Math.round(size / length) : Math.floor(size / length))
  if (count === 1 && hasWord(unit)) return textOf(`when.${seconds > 0 ? 'next' : 'last'}.${unit}`, {}, language)
  return textOf(`when.${seconds > 0 ? 'ahead' : 'ago'}.${unit}`, { count }, language)
}
