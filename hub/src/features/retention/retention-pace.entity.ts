import type { PlanId, Retention } from '@holdfast/shared-types'
import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { PlanEntity } from '../plans/index.ts'

/** Of one plan: which rules were applied last, and what changes of them have taken lately. */
export const RetentionPaceEntity = defineEntity({
  name: 'RetentionPace',
  tableName: 'retention_pace',
  properties: {
    planId: () => p.manyToOne(PlanEntity).mapToPk().fieldName('plan_id').primary().deleteRule('cascade').$type<PlanId>(),
    /** Null: none were. */
    rules: p.json().$type<Retention>().nullable(),
    /** Since when it is counted what changed rules let go; null = nothing is. */
    since: p.datetime(3).nullable(),
    /** How many the plan had then, and how many of its snapshots went since by what was changed. */
    total: p.integer(),
    gone: p.integer(),
    /** The lowest limit of versions that was carried out, and when one that was lower than before last took something without a word. */
    versionsPerFile: p.integer().nullable(),
    versionsTakenAt: p.datetime(3).nullable(),
  },
})
export type RetentionPaceRow = InferEntity<typeof RetentionPaceEntity>
