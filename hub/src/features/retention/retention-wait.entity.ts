import type { PlanId, Retention, SnapshotId, VersionLimitEffect } from '@holdfast/shared-types'
import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { PlanEntity } from '../plans/index.ts'

/** Of one plan: what its rules want to let go and waits for somebody's word, and what somebody refused to let go. What waits means nothing once the plan has other rules, and what was refused once a change of them keeps less. */
export const RetentionWaitEntity = defineEntity({
  name: 'RetentionWait',
  tableName: 'retention_wait',
  properties: {
    planId: () => p.manyToOne(PlanEntity).mapToPk().fieldName('plan_id').primary().deleteRule('cascade').$type<PlanId>(),
    /** Another one whenever other snapshots wait. */
    waitId: p.uuid(),
    rules: p.json().$type<Retention>(),
    waiting: p.json().$type<SnapshotId[]>(),
    /** Those that were written anew by what they were before. */
    refused: p.json().$type<SnapshotId[]>(),
    /** When it was found that they wait, how many the plan had then, and what stood for those that wait alone. */
    foundAt: p.datetime(3),
    total: p.integer(),
    bytesFreed: p.bigint('number'),
    /** Likewise what a limit of versions wants to take out of those that stay; null = nothing that waits. */
    versions: p.json().$type<VersionLimitEffect>().nullable(),
    /** What somebody said of it, under these rules; null = nobody yet. */
    versionsWord: p.enum(['agreed', 'refused'] as const).nullable(),
  },
  uniques: [{ name: 'retention_wait_wait_id_unique', properties: ['waitId'] }],
})
export type RetentionWaitRow = InferEntity<typeof RetentionWaitEntity>
