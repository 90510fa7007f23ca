import { computed } from 'vue'
import { regionOf } from '../../platform/i18n/text.ts'
import { useText } from '../../platform/i18n/use-text.ts'
import { noonOf } from './timeline.ts'

const formats = new Map<string, Intl.DateTimeFormat>()
function formatOf(language: string, kind: 'short' | 'long' | 'month'): Intl.DateTimeFormat {
  const known = formats.get(`${language} ${kind}`)
  if (known !== undefined) return known
  const options = {
    short: { day: 'numeric', month: 'short' },
    long: { weekday: 'long', day: 'numeric', month: 'long' },
    month: { month: 'long', year: 'numeric' },
  } as const
  const made = new Intl.DateTimeFormat(language, options[kind])
  formats.set(`${language} ${kind}`, made)
  return made
}

/** Days as words, in the reader's language and order. */
export function useDayText() {
  const { language } = useText()
  const region = computed(() => regionOf(language.value, navigator.languages))
  return {
    /** `21 Nov` */
    dayText: (day: string) => formatOf(region.value, 'short').format(noonOf(day)),
    /** `Saturday, 21 November` */
    dayHeading: (timeMs: number) => formatOf(region.value, 'long').format(timeMs),
    /** `November 2026` */
    monthHeading: (timeMs: number) => formatOf(region.value, 'month').format(timeMs),
  }
}
