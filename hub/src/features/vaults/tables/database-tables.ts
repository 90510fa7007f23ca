import type { InferKyselyDB } from '@mikro-orm/sql'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Kysely } from 'kysely'
import { BackupSessionEntity, SessionGrantEntity } from './backup-session.entity.ts'
import { CareEntity, DamagedPathEntity } from './care.entity.ts'
import { HealRequestEntity } from './heal-request.entity.ts'
import { PackEntity } from './pack.entity.ts'
import { PurgeEntity } from './purge.entity.ts'
import { SnapshotEntity } from './snapshot.entity.ts'
import { VaultEntity } from './vault.entity.ts'

export const vaultEntities = [
  VaultEntity,
  PackEntity,
  BackupSessionEntity,
  SessionGrantEntity,
  SnapshotEntity,
  CareEntity,
  DamagedPathEntity,
  HealRequestEntity,
  PurgeEntity,
] as const
export type VaultTables = InferKyselyDB<(typeof vaultEntities)[number]>

/**
 * Typed SQL with bound parameters, in the transaction of `em` where there is one. Columns come as their entities say (times as Date, bigint
 * as number); what a query computes comes as the driver gives it.
 */
export const tablesOf = (em: EntityManager): Kysely<VaultTables> => em.getKysely<VaultTables>({ convertValues: true })
