import type { Device } from '@holdfast/shared-types'
import { isInUse } from './device-concerns.ts'

/** A drill a week: after a month it is no matter of a device that was away for some days. */
const provedWithinMs = 30 * 24 * 3_600_000

type Judged = Pick<Device, 'lastProvedAtMs' | 'lastSnapshotAtMs' | 'enrolledAtMs' | 'revokedAtMs'>

/**
 * Whether a device should have proved for long that it can restore. Not where there is no backup to prove, or none that is old enough to have been, where it is cut off, or
 * where the hub asks for no proofs.
 */
export function isUnproved(device: Judged, nowMs: number): boolean {
  const { lastProvedAtMs, lastSnapshotAtMs, enrolledAtMs } = device
  if (!isInUse(device) || lastProvedAtMs === undefined || lastSnapshotAtMs === null) return false
  return nowMs - (lastProvedAtMs ?? enrolledAtMs) > provedWithinMs
}
