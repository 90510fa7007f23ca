import type { AgentId, Device, Snapshot } from '@holdfast/shared-types'

type Target = Pick<Device, 'id' | 'vaultId' | 'domainId' | 'host' | 'revokedAtMs'>

const isInUse = ({ revokedAtMs }: Pick<Device, 'revokedAtMs'>): boolean => typeof revokedAtMs !== 'number'

/**
 * Devices that a snapshot can be restored to: its own first, then those that have its keys and its system. Of a device that is not among
 * them any more nothing more than its vault is known here; the hub knows the rest, and says it.
 *
 * @param devices all in sight, revoked ones included
 */
export function restoreTargets<T extends Target>(snapshot: Pick<Snapshot, 'agentId' | 'vaultId'>, devices: readonly T[]): T[] {
  const maker = devices.find(({ id }) => id === snapshot.agentId)
  const others = devices.filter(
    (device) =>
      device !== maker &&
      isInUse(device) &&
      device.vaultId === snapshot.vaultId &&
      (maker === undefined || (device.domainId === maker.domainId && device.host.os === maker.host.os)),
  )
  return maker !== undefined && isInUse(maker) ? [maker, ...others] : others
}

/** Its own device where that is in use; another one is somebody's to choose. */
export const firstTarget = (snapshot: Pick<Snapshot, 'agentId'>, targets: readonly Pick<Device, 'id'>[]): AgentId | null =>
  targets.some(({ id }) => id === snapshot.agentId) ? snapshot.agentId : null
