const dayMs = 86_400_000
const monthMs = 28 * dayMs
const minuteMs = 60_000

const formats = {
  month: { month: 'short', year: 'numeric' },
  day: { day: 'numeric', month: 'short' },
  minute: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  second: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>

const isMidnight = (time: Date): boolean => time.getHours() + time.getMinutes() + time.getSeconds() + time.getMilliseconds() === 0

/**
 * What stands below the ticks of a time axis: as much as tells them apart, in the browser's time zone. A tick at midnight says the
 * day that begins, for the ones beside it say only the time.
 * @param apartMs the distance between two ticks
 * @returns a text for each tick; null where it would be the same as the one before
 */
export function tickTexts(ticksMs: readonly number[], apartMs: number, locale: string): (string | null)[] {
  const text = (format: keyof typeof formats) => new Intl.DateTimeFormat(locale, formats[format])
  if (apartMs >= monthMs) return ticksMs.map((tickMs) => text('month').format(tickMs))
  const day = text('day')
  if (apartMs >= dayMs) return ticksMs.map((tickMs) => day.format(tickMs))
  const time = text(apartMs >= minuteMs ? 'minute' : 'second')
  const texts = ticksMs.map((tickMs) => (isMidnight(new Date(tickMs)) ? day : time).format(tickMs))
  // A young run has ticks within a second.
  return texts.map((each, index) => (each === texts[index - 1] ? null : each))
}
