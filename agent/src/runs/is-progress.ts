import type { RunProgressSample } from '@holdfast/shared-types'

/** True when anything but the clock moved: the hub extends a run's lease by what it sees here. */
export function isProgress(before: RunProgressSample | null, now: RunProgressSample): boolean {
  if (before === null) return true
  return (Object.keys(now) as (keyof RunProgressSample)[]).some((name) => name !== 'elapsedMs' && before[name] !== now[name])
}
