/**
 * A time as Node's own calls take it: about a microsecond exact, and a millisecond before 1970, because Node takes a negative
 * number for "now" (toUnixTimestamp in lib/internal/fs/utils.js) and only a Date for what it says.
 */
export function toNodeTime(timeNs: bigint): number | Date {
  if (timeNs >= 0n) return Number(timeNs) / 1e9
  const nsPerMs = 1_000_000n
  return new Date(Number((timeNs - (nsPerMs - 1n)) / nsPerMs))
}
