/** Names of the periods a moment lies in; two moments lie in the same one if the names are equal. */
export interface Periods {
  readonly hour: string
  readonly day: string
  readonly week: string
  readonly month: string
  readonly year: string
}

const dayMs = 24 * 60 * 60 * 1000
const thursday = 4

/**
 * The calendar of a time zone. Where clocks are set back, the hour that comes twice is two hours; a day has 23, 24 or 25 of them.
 *
 * @param timeZone of the IANA (`Europe/Berlin`); one that this Node does not know is UTC: an old name must not end a retention
 */
export function periodsOf(timeZone: string): (atMs: number) => Periods {
  const format = formatIn(timeZone)
  return (atMs) => {
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]))
    const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? ''
    const [year, month, date] = [part('year'), part('month'), part('day')]
    const day = `${year}-${month}-${date}`
    return {
      hour: `${day} ${part('hour')} ${part('timeZoneName')}`,
      day,
      week: weekOf(Number(year), Number(month), Number(date)),
      month: `${year}-${month}`,
      year,
    }
  }
}

function formatIn(timeZone: string): Intl.DateTimeFormat {
  const numeric = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', hourCycle: 'h23' } as const
  try {
    return new Intl.DateTimeFormat('en', { ...numeric, calendar: 'iso8601', timeZone, timeZoneName: 'longOffset' })
  } catch (error) {
    if (timeZone === 'UTC') throw error
    return formatIn('UTC')
  }
}

/** ISO 8601: a week belongs to the year of its Thursday. */
function weekOf(year: number, month: number, date: number): string {
  const midnight = Date.UTC(year, month - 1, date)
  const weekday = new Date(midnight).getUTCDay() || 7
  const middle = new Date(midnight + (thursday - weekday) * dayMs)
  const first = Date.UTC(middle.getUTCFullYear(), 0, 1)
  return `${middle.getUTCFullYear()}-W${Math.floor((middle.getTime() - first) / dayMs / 7) + 1}`
}
