const unitBytes = { 'KiB/s': 1024, 'MiB/s': 1024 ** 2, 'GiB/s': 1024 ** 3 } as const
export type RateUnit = keyof typeof unitBytes
export const rateUnits = Object.keys(unitBytes) as RateUnit[]

/** The hub's own bounds: a mistake is said while it is typed. */
const leastBytesPerSecond = 16 * 1024
const mostBytesPerSecond = 1024 ** 4

/** A rate as it is typed. */
export interface TypedRate {
  readonly value: string
  readonly unit: RateUnit
}

/** In the largest unit in which it is 1 or more; what has no short number there keeps two decimals. */
export function typedRate(bytesPerSecond: number): TypedRate {
  const unit = rateUnits.findLast((name) => bytesPerSecond >= unitBytes[name]) ?? 'KiB/s'
  return { value: String(Number((bytesPerSecond / unitBytes[unit]).toFixed(2))), unit }
}

/** Bytes a second; NaN where no number was typed. A comma is a decimal sign, as in half of the languages. */
export function readRate({ value, unit }: TypedRate): number {
  const typed = value.trim().replace(',', '.')
  return /^\d+(\.\d+)?$/.test(typed) ? Math.round(Number(typed) * unitBytes[unit]) : Number.NaN
}

export type RateMistake = 'none' | 'small' | 'large'

export function mistakeOfRate(rate: TypedRate): RateMistake | null {
  const bytesPerSecond = readRate(rate)
  if (Number.isNaN(bytesPerSecond)) return 'none'
  if (bytesPerSecond < leastBytesPerSecond) return 'small'
  return bytesPerSecond > mostBytesPerSecond ? 'large' : null
}
