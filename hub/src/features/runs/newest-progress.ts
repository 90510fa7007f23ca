import type { AgentId, Run, RunCurve, RunId, RunProgressSample } from '@holdfast/shared-types'

/** The newest sample of a run in an agent's hands, and what was done with it. */
export interface HeldProgress {
  readonly agentId: AgentId
  readonly fence: number
  sample: RunProgressSample
  curve: RunCurve
  /** When the last sample came that showed progress: the lease counts from here. */
  movedAtMs: number
  /** The row does not have the sample yet. */
  isUnwritten: boolean
  writtenAtMs: number
  isCancelling: boolean
  /** Since when its agent lets it rest. */
  pausedAtMs: number | null
  /** What its agent says that it waits for. Here alone: after a restart of the hub its next report says so again. */
  waitsFor: Run['waitsFor']
}

/** Newest samples in memory: several a second come per run, one in five seconds goes to the database. */
export type NewestProgress = Map<RunId, HeldProgress>

/** True when anything but the clock moved: a hung reader that says "still here" is not alive. */
export function showsProgress(before: RunProgressSample, now: RunProgressSample): boolean {
  return (Object.keys(now) as (keyof RunProgressSample)[]).some((name) => name !== 'elapsedMs' && before[name] !== now[name])
}
