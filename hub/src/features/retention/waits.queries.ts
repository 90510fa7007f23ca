import type { PlanId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { RetentionWaitEntity, type RetentionWaitRow } from './retention-wait.entity.ts'
import { VersionLookEntity, type VersionLookRow } from './version-look.entity.ts'

export const findWaitOfPlan = (em: EntityManager, planId: PlanId): Promise<RetentionWaitRow | null> =>
  em.findOne(RetentionWaitEntity, { planId })

export const findWait = (em: EntityManager, waitId: string): Promise<RetentionWaitRow | null> => em.findOne(RetentionWaitEntity, { waitId })

/** Oldest first. */
export const listWaitRows = (em: EntityManager): Promise<RetentionWaitRow[]> =>
  em.find(RetentionWaitEntity, {}, { orderBy: { foundAt: 'asc', planId: 'asc' } })

export async function writeWait(em: EntityManager, wait: RetentionWaitRow): Promise<void> {
  await em.upsert(RetentionWaitEntity, wait)
}

export async function removeWait(em: EntityManager, planId: PlanId): Promise<void> {
  await em.nativeDelete(RetentionWaitEntity, { planId })
}

/** Up to which snapshots a plan's limit of versions was looked at; null = never. */
export async function findVersionLook(em: EntityManager, planId: PlanId): Promise<Omit<VersionLookRow, 'planId'> | null> {
  const row = await em.findOne(VersionLookEntity, { planId })
  return row === null ? null : { versionsPerFile: row.versionsPerFile, snapshotIds: row.snapshotIds, open: row.open }
}

export async function writeVersionLook(em: EntityManager, look: VersionLookRow): Promise<void> {
  await em.upsert(VersionLookEntity, look)
}
