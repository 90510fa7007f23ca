const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** Three significant digits: `0 B`, `12.3 MiB`, `1,023 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  // 1023.5 would be shown as 1,024 of a unit that has 1,024 to the next.
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${groupThousands(value.toFixed(digits))} ${units[unit] ?? ''}`
}

export const formatCount = (count: number): string => groupThousands(String(Math.round(count)))

const groupThousands = (digits: string): string => digits.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ',')

/** `1 file`, `2 files`. */
export const formatCounted = (count: number, one: string, many = `${one}s`): string => `${formatCount(count)} ${count === 1 ? one : many}`

/** For a sentence: `0.8 s`, `2 min 05 s`, `1 h 02 min`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 9_950) return `${(durationMs / 1000).toFixed(1)} s`
  const seconds = Math.round(durationMs / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`
}

/** For a column that changes all the time: `0:05`, `12:34`, `1:02:03`. */
export function formatClock(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000))
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** Local time, sorted by reading: `2026-11-21 09:10:44`. */
export function formatTime(timeMs: number): string {
  const time = new Date(timeMs)
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
}

const two = (value: number): string => String(value).padStart(2, '0')
