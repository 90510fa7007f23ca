import type { PlanId, SnapshotId } from '@holdfast/shared-types'
import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { PlanEntity } from '../plans/index.ts'

/** Up to which snapshots a plan's limit of versions was looked at: as long as they are the same, there is nothing to look for. */
export const VersionLookEntity = defineEntity({
  name: 'VersionLook',
  tableName: 'version_look',
  properties: {
    planId: () => p.manyToOne(PlanEntity).mapToPk().fieldName('plan_id').primary().deleteRule('cascade').$type<PlanId>(),
    versionsPerFile: p.integer(),
    /** All of the plan, and which of them could lose something. */
    snapshotIds: p.json().$type<SnapshotId[]>(),
    open: p.json().$type<SnapshotId[]>(),
  },
})
export type VersionLookRow = InferEntity<typeof VersionLookEntity>
