import { AppError } from '@holdfast/shared-types'
import type { RouteHandlers } from '../../platform/http/define-feature.ts'

/** Of private vaults, of which this hub has none yet. */
const nothing = async (): Promise<never> => {
  throw new AppError('vault.not-found')
}

export const vaultKeysRoutes = (): RouteHandlers => ({
  createVault: nothing,
  getKeyObjects: nothing,
  addKeySlot: nothing,
  removeKeySlot: nothing,
  listWaitingDevices: nothing,
  giveDeviceKeys: nothing,
  getStoredSnapshot: nothing,
  locateSnapshotBlobs: nothing,
  readSnapshotSegments: nothing,
})
