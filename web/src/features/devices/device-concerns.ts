import type { Device, Plan } from '@holdfast/shared-types'
import { isAccepted } from '../plans/index.ts'

const hour = 3_600_000
/**
 * One backup a day is what people expect of a backup; two hours more for one that starts late or takes longer. Plans have no times
 * yet, so nothing better is known of what was agreed.
 */
export const expectedWithinMs = 26 * hour
/** A week of work lost is no longer a matter of catching up. */
export const longAgoMs = 7 * 24 * hour

/** Why a device is less safe than it should be. `isAway`: nothing can be done from here, somebody has to look at the machine. */
export interface DeviceConcern {
  readonly kind: 'never' | 'old' | 'long-ago'
  readonly isAway: boolean
}

export const isInUse = ({ revokedAtMs }: Pick<Device, 'revokedAtMs'>): boolean => typeof revokedAtMs !== 'number'

type Judged = Pick<Device, 'revokedAtMs' | 'lastSnapshotAtMs' | 'online'>

/** What its newest backup says of a device; null = nothing is wrong. */
export function concernOf(device: Judged, nowMs: number): DeviceConcern | null {
  if (!isInUse(device)) return null
  const isAway = !device.online
  if (device.lastSnapshotAtMs === null) return { kind: 'never', isAway }
  const ageMs = nowMs - device.lastSnapshotAtMs
  if (ageMs <= expectedWithinMs) return null
  return { kind: ageMs > longAgoMs ? 'long-ago' : 'old', isAway }
}

const troubled: readonly unknown[] = ['failed', 'expired', 'warning']
const isTroubled = (plan: Plan): boolean => troubled.includes(plan.lastRun?.state) && !isAccepted(plan)

/** The device's newest run is one of a plan, and had nothing to be warned of but its size, which somebody accepted. */
function isAcceptedWarning({ lastRunStatus, lastSnapshotAtMs }: Device, plans: readonly Plan[]): boolean {
  if (lastRunStatus !== 'warning') return false
  const endOf = ({ lastRun }: Plan) => lastRun?.finishedAtMs ?? 0
  const newest = plans.reduce<Plan | null>((last, plan) => (last !== null && endOf(last) >= endOf(plan) ? last : plan), null)
  return newest !== null && isAccepted(newest) && (lastSnapshotAtMs ?? 0) <= endOf(newest)
}

/** Whether somebody should look at a device: its backup is missing or old, its newest run did not go well, or a plan cannot run. */
export function needsAttention(device: Device, plans: readonly Plan[], nowMs: number): boolean {
  if (!isInUse(device)) return false
  return (
    concernOf(device, nowMs) !== null ||
    (troubled.includes(device.lastRunStatus) && !isAcceptedWarning(device, plans)) ||
    plans.some((plan) => plan.isEnabled && (plan.problem !== null || isTroubled(plan)))
  )
}
