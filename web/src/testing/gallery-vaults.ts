import type { Device, VaultCheck, VaultDetails, VaultUsage } from '@holdfast/shared-types'
import { aCollection } from './care-world.ts'
import { aVault, aVaultUsage, day, hour, minute } from './world.ts'

const gib = 1024 ** 3

/** Vaults in every state, and what each takes. */
export function galleryVaults(of: readonly Device[]): { vaultDetails: VaultDetails[]; vaultUsages: VaultUsage[] } {
  const now = Date.now()
  const check: VaultCheck = {
    state: 'sound',
    isDeep: false,
    startedBy: 'Ada',
    startedAtMs: now - 3 * day - minute,
    endedAtMs: now - 3 * day,
    progress: null,
    packs: 9_204,
    snapshots: 401,
    problemCount: 0,
    problems: [],
    error: null,
  }
  const problems = [0, 1, 2].map((index) => ({
    code: 'object.missing',
    object: `p/${index}a/${'3f9c2a1b'.repeat(4)}`,
    message: 'A row of the database names a pack that is not stored.',
  }))
  const vaultDetails = [
    aVault({ lastCheck: check, collection: aCollection(), snapshotsDeleted: 9 }),
    aVault({ name: 'Archive of the Frankfurt site, kept for ten years', recoveryKeyExported: false, recoveryKey: null, snapshots: 12 }),
    aVault({
      name: 'Old server',
      untaken: {
        count: 2,
        objects: [
          {
            object: `s/0f0e${'-1a2b'.repeat(4)}/000000000007-${'3f9c2a1b'.repeat(4)}`,
            cure: 'newer',
            message: 'A snapshot is of a newer version: update Holdfast.',
          },
          { object: 'g/0000000000000042', cure: 'damaged', message: 'This is not a journal of a collection.' },
        ],
      },
      store: { place: '/mnt/old', isReachable: false, freeBytes: null, isLow: false },
      damage: { foundAtMs: now - 3 * day, isDeep: true, problemCount: 3 },
      packsLost: 3,
      snapshotsLost: 1,
      lastCheck: { ...check, state: 'damaged', isDeep: true, startedBy: 'holdfast-hub fsck', problemCount: 3, problems },
    }),
    aVault({
      name: 'Checked now',
      snapshotsLost: 2,
      lastCheck: { ...check, state: 'running', endedAtMs: null, progress: { done: 3_120, total: 9_724 } },
    }),
  ]
  const devices = of.slice(0, 4).map((device, index) => ({
    agentId: device.id,
    name: device.name,
    snapshots: 180 - index * 41,
    newest: { bytes: Math.round((211.4 / (index * 2 + 1)) * gib), files: 812_331, createdAtMs: now - (index + 1) * 9 * hour },
    bytesLogical: Math.round((2_114 / (index + 1)) * gib),
    bytesSent: Math.round((81.2 / (index * 3 + 1)) * gib),
  }))
  const days = Array.from({ length: 240 }, (_, index) => ({
    day: new Date(now - (239 - index) * day).toISOString().slice(0, 10),
    bytesStored: Math.round(gib * (61 + 77.7 * Math.sqrt(index / 239) + (index > 160 ? 4 : 0))),
  }))
  const usages = vaultDetails.map(({ id, bytesStored }) => aVaultUsage({ vaultId: id, bytesStored, devices, deviceCount: 4, days }))
  const empty = {
    snapshots: 0,
    bytesLogical: 0,
    bytesStored: 0,
    packs: 0,
    bytesData: 0,
    bytesMetadata: 0,
    devices: [],
    deviceCount: 0,
    days: [],
  }
  const vaultUsages = usages.map((usage, index) => {
    if (index === 1) return { ...usage, ...empty, distinct: { bytes: 0, logicalBytes: 0, snapshots: 0, countedAtMs: now } }
    return index === 2 ? { ...usage, distinct: null, distinctState: 'failed' as const, bytesOfUnknown: 12 * gib } : usage
  })
  return { vaultDetails, vaultUsages }
}
