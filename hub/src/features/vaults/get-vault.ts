import { setTimeout as delay } from 'node:timers/promises'
import { AppError, type VaultDetails, type VaultId } from '@holdfast/shared-types'
import { vaultFileKey } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { DiskSpace } from '../../platform/disk-space/disk-space.ts'
import type { UserActor } from '../../platform/http/actor.ts'
import type { VaultChecks } from './checking/vault-checks.ts'
import type { Collections } from './collecting/collections.ts'
import type { OpenVault } from './contents/open-vault.ts'
import type { OpenVaults } from './contents/open-vaults.ts'
import { presentVault } from './list-vaults.ts'
import { countDeleted } from './tables/keeping.queries.ts'
import { findVaultRecord } from './tables/vaults.queries.ts'
import type { VaultUsages } from './usage/vault-usage.ts'

export interface GetVaultDeps {
  readonly vaults: OpenVaults
  readonly checks: VaultChecks
  readonly collections: Collections
  readonly usages: Pick<VaultUsages, 'totalsOf'>
  readonly freeBytes: () => Promise<number>
  readonly diskSpace: Pick<DiskSpace, 'stateOf'>
  /** Where a vault's store is, for people. */
  readonly placeOf: (vaultId: VaultId) => string
}

/** A disk that hangs must not make the page hang. */
const storePatienceMs = 2000
const shownUntaken = 20

/** @throws AppError `vault.not-found` */
export async function getVault(deps: GetVaultDeps, em: EntityManager, actor: UserActor, vaultId: VaultId): Promise<VaultDetails> {
  const vault = deps.vaults.get(vaultId)
  const record = await findVaultRecord(em, vaultId)
  if (record === null) throw new AppError('vault.not-found', { context: { vaultId } })
  const [isReachable, freeBytes] = await Promise.all([isThere(vault), inTime(deps.freeBytes())])
  const totals = await deps.usages.totalsOf(em, vaultId, 0)
  const { recoveryKeyExportedAt: exportedAt, recoveryKeyExportedBy: exportedBy } = record
  return {
    ...presentVault(record, totals),
    recoveryKey: exportedAt === null ? null : { exportedAtMs: exportedAt.getTime(), exportedBy },
    store: {
      place: actor.role === 'admin' ? deps.placeOf(vaultId) : null,
      isReachable,
      // Of a disk that is not mounted, what is measured is another one.
      freeBytes: isReachable ? freeBytes : null,
      isLow: isReachable && deps.diskSpace.stateOf('store')?.isLow === true,
    },
    lastCheck: await deps.checks.last(vault),
    collection: await deps.collections.last(vault),
    undoDays: record.undoDays,
    snapshotsDeleted: await countDeleted(em, vaultId),
    untaken: {
      count: vault.untaken.length,
      objects: vault.untaken.slice(0, shownUntaken).map(({ key, cure, message }) => ({ object: key, cure, message })),
    },
  }
}

async function isThere({ store }: OpenVault): Promise<boolean> {
  return (await inTime(store.head(vaultFileKey))) !== null
}

/** Null where the store does not say, or not in time. */
const inTime = <T>(work: Promise<T>): Promise<T | null> =>
  Promise.race([work.catch(() => null), delay(storePatienceMs, null, { ref: false })])
