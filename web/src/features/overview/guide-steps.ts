import type { Device, Plan } from '@holdfast/shared-types'
import { isInUse } from '../devices/index.ts'

export const guideSteps = ['password', 'device', 'plan', 'backup', 'recovery-key'] as const
export type GuideStep = (typeof guideSteps)[number]

export interface GuideState {
  readonly hasPassword: boolean
  readonly devices: readonly Device[]
  readonly plans: readonly Plan[]
  readonly vaultsWithoutRecoveryKey: readonly unknown[]
}

/** Which steps of the first day are done, by what is really there: nobody ticks them. */
export function doneSteps({ hasPassword, devices, plans, vaultsWithoutRecoveryKey }: GuideState): ReadonlySet<GuideStep> {
  const is: Readonly<Record<GuideStep, boolean>> = {
    password: hasPassword,
    device: devices.some(isInUse),
    plan: plans.length > 0,
    backup: devices.some(({ lastSnapshotAtMs }) => lastSnapshotAtMs !== null),
    'recovery-key': vaultsWithoutRecoveryKey.length === 0,
  }
  return new Set(guideSteps.filter((step) => is[step]))
}
