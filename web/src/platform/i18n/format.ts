const cached = <T>(make: (language: string) => T): ((language: string) => T) => {
  const made = new Map<string, T>()
  return (language) => {
    const known = made.get(language)
    if (known !== undefined) return known
    const fresh = make(language)
    made.set(language, fresh)
    return fresh
  }
}

const integerFormat = cached((language) => new Intl.NumberFormat(language, { maximumFractionDigits: 0 }))
// Most readers: the first format of `Intl` with decimals takes some 30 ms of a page's start.
const knownDecimalSigns: Readonly<Record<string, string>> = { en: '.', 'en-US': '.', 'en-GB': '.', de: ',', 'de-DE': ',', 'de-AT': ',' }
const decimalSignOf = cached(
  (language) =>
    knownDecimalSigns[language] ?? new Intl.NumberFormat(language).formatToParts(1.5).find(({ type }) => type === 'decimal')?.value ?? '.',
)
/** Of what is below a thousand and not negative, so that nothing but the decimal sign depends on the language. */
const formatDigits = (value: number, digits: number, language: string): string =>
  value.toFixed(digits).replace('.', decimalSignOf(language))
const percentFormat = cached((language) => new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 }))
const exactFormat = cached((language) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }))
const dayFormat = cached((language) => new Intl.DateTimeFormat(language, { dateStyle: 'medium' }))
const minuteFormat = cached((language) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }))
const clockFormat = cached(
  (language) => new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }),
)
const timeOfDayFormat = cached((language) => new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' }))

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const

/** Whole numbers below a thousand are written alike in every language here; the first format of `Intl` takes some 10 ms of a page's start. */
export const formatCount = (count: number, language: string): string =>
  Number.isInteger(count) && count >= 0 && count < 1000 ? String(count) : integerFormat(language).format(count)

/** Powers of 1024 with three significant digits: `512 B`, `1.46 KiB`, `23.5 MiB`, `264 MiB`. Intl only knows powers of 1000. */
export function formatBytes(bytes: number, language: string): string {
  let value = bytes
  let unit = 0
  // 999.5 and not 1024: a fourth digit would make columns jump.
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1024
    unit += 1
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${formatDigits(value, digits, language)}\u00a0${byteUnits[unit]}`
}

export const formatRate = (bytesPerSecond: number, language: string): string => `${formatBytes(bytesPerSecond, language)}/s`

/** A ratio of 0–1; 100 % is only said of what is whole, 0 % of nothing. */
export function formatPercent(ratio: number, language: string): string {
  if (ratio > 0 && ratio < 0.005) return `<\u00a0${percentFormat(language).format(0.01)}`
  const honest = ratio < 1 ? Math.min(ratio, 0.99) : 1
  return percentFormat(language).format(Math.max(0, honest))
}

const pad = (value: number) => String(value).padStart(2, '0')

/** `0.8 s`, `42 s`, `3 min 07 s`, `1 h 04 min`, `2 d 3 h`: unit signs are the same in every language here. */
export function formatDuration(durationMs: number, language: string): string {
  const ms = Math.max(0, durationMs)
  if (ms < 10_000) return `${formatDigits(ms / 1000, 1, language)}\u00a0s`
  const totalSeconds = Math.round(ms / 1000)
  if (totalSeconds < 60) return `${totalSeconds}\u00a0s`
  const totalMinutes = Math.floor(totalSeconds / 60)
  if (totalMinutes < 60) return `${totalMinutes}\u00a0min ${pad(totalSeconds % 60)}\u00a0s`
  const totalHours = Math.floor(totalMinutes / 60)
  if (totalHours < 48) return `${totalHours}\u00a0h ${pad(totalMinutes % 60)}\u00a0min`
  return `${Math.floor(totalHours / 24)}\u00a0d ${totalHours % 24}\u00a0h`
}

/** Date and time to the second, in the browser's time zone. */
export const formatExact = (timeMs: number, language: string): string => exactFormat(language).format(timeMs)
// Files of one folder share few minutes, and a format costs some 20 µs: measured as half the work of scrolling 25,000 of them.
const mostMinutes = 5_000
const minuteTexts = cached(() => new Map<number, string>())

/** Date and time to the minute. */
export function formatMinute(timeMs: number, language: string): string {
  const texts = minuteTexts(language)
  const minute = Math.floor(timeMs / 60_000)
  const known = texts.get(minute)
  if (known !== undefined) return known
  if (texts.size >= mostMinutes) texts.clear()
  const text = minuteFormat(language).format(timeMs)
  texts.set(minute, text)
  return text
}

/** A day by its name and date. */
export const formatDay = (timeMs: number, language: string): string => dayFormat(language).format(timeMs)
/** Time of day to the minute. */
export const formatTimeOfDay = (timeMs: number, language: string): string => timeOfDayFormat(language).format(timeMs)
/** Time of day to the second, for lines that follow each other; 24 hours everywhere, as logs are. */
export const formatClock = (timeMs: number, language: string): string => clockFormat(language).format(timeMs)

/** Nanoseconds since 1970 as a decimal string (beyond 2^53) to ms; never throws: the string comes from a contract. */
export const nsToMs = (ns: string): number => Number(BigInt(ns) / 1_000_000n)
