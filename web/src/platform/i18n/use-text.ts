import { computed } from 'vue'
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDay,
  formatDuration,
  formatExact,
  formatMinute,
  formatPercent,
  formatRate,
  formatTimeOfDay,
} from './format.ts'
import { formatRelative } from './relative.ts'
import { currentLanguage, regionOf, textOf, type MessageKey, type NamedValues } from './text.ts'

/** What nobody knows is a dash. */
const orUnknown = (format: (value: number) => string) => (value: number | null) => (value === null ? '–' : format(value))

/** Texts and figures in the reader's language, for templates. Everything re-renders when the language changes. */
export function useText() {
  const language = computed(currentLanguage)
  const region = computed(() => regionOf(language.value, navigator.languages))
  const inLanguage = (format: (value: number, language: string) => string) => (value: number) => format(value, region.value)
  return {
    language,
    /** The language with the reader's region: for formats of one's own. */
    region,
    t: (key: MessageKey, named?: NamedValues) => textOf(key, named),
    bytes: orUnknown(inLanguage(formatBytes)),
    count: orUnknown(inLanguage(formatCount)),
    rate: inLanguage(formatRate),
    percent: inLanguage(formatPercent),
    duration: inLanguage(formatDuration),
    exact: inLanguage(formatExact),
    minute: inLanguage(formatMinute),
    day: inLanguage(formatDay),
    timeOfDay: inLanguage(formatTimeOfDay),
    clock: inLanguage(formatClock),
    relative: (timeMs: number, nowMs: number) => formatRelative(timeMs, nowMs, language.value),
  }
}
