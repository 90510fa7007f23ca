import { z } from 'zod'
import { KeptFor, Retention, RetentionPreview, RetentionWait, VersionLimitEffect } from '../../model/retention.ts'
import { AgentId, PlanId, SnapshotId } from '../../primitives/ids.ts'
import { Count } from '../../primitives/wire-path.ts'
import { route, type RouteContract } from '../route.ts'
import { list, v1 } from './parts.ts'

const waits = `${v1}/retention/waits`
const waitParams = z.object({ waitId: z.uuid() })

export const retentionRoutes = {
  previewRetention: route({
    method: 'post',
    path: `${v1}/retention/preview`,
    summary: 'What rules would keep and let go of a plan\u2019s snapshots; changes nothing',
    tag: 'Retention',
    actor: 'user',
    /** `planId` null: a plan that is not made yet. After a loss of the hub\u2019s database it takes over the snapshots of its name. */
    body: z.strictObject({
      agentId: AgentId,
      planId: PlanId.nullable().default(null),
      planName: z.string().max(120),
      retention: Retention.nullable(),
    }),
    response: RetentionPreview,
  }),

  previewVersionLimit: route({
    method: 'post',
    path: `${v1}/retention/versions/preview`,
    summary:
      'What a limit of versions would take out of a plan\u2019s snapshots; changes nothing, and reads their folder lists, which takes its time',
    tag: 'Retention',
    actor: 'user',
    /** As `previewRetention`; snapshots that the other rules let go do not count. */
    body: z.strictObject({
      agentId: AgentId,
      planId: PlanId.nullable().default(null),
      planName: z.string().max(120),
      retention: Retention.nullable(),
    }),
    /** `needsWord`: it would wait for somebody to agree. */
    response: VersionLimitEffect.extend({ needsWord: z.boolean() }),
  }),

  listKeptSnapshots: route({
    method: 'get',
    path: `${v1}/retention/kept`,
    summary:
      'Why snapshots stay that are under rules; those that have nothing here to stay for go the next time. Others are under no rule, and stay',
    tag: 'Retention',
    actor: 'user',
    query: z.object({ agentId: AgentId.optional() }),
    response: list(z.object({ snapshotId: SnapshotId, planId: PlanId, keptFor: z.array(KeptFor) })),
  }),

  applyPlanRetention: route({
    method: 'post',
    path: `${v1}/plans/{planId}/retention/apply`,
    summary: 'Apply a plan\u2019s rules now instead of with the next day',
    tag: 'Retention',
    actor: 'user',
    params: z.object({ planId: PlanId }),
    body: z.strictObject({}),
    /** `rewritten`: snapshots that lost versions beyond the limit. */
    response: z.object({ deleted: Count, rewritten: Count.default(0), wait: RetentionWait.nullable() }),
  }),

  listRetentionWaits: route({
    method: 'get',
    path: waits,
    summary: 'Snapshots that rules want to let go, and that wait for somebody\u2019s word',
    tag: 'Retention',
    actor: 'user',
    liveTopics: ['plans'],
    response: list(RetentionWait),
  }),

  approveRetention: route({
    method: 'post',
    path: `${waits}/{waitId}/approve`,
    summary: 'Let them go: they can be had back until the vault\u2019s undo time is over',
    tag: 'Retention',
    actor: 'user',
    params: waitParams,
    body: z.strictObject({}),
    response: z.object({ deleted: Count, rewritten: Count.default(0) }),
  }),

  refuseRetention: route({
    method: 'post',
    path: `${waits}/{waitId}/refuse`,
    summary: 'Keep them, until the plan\u2019s rules are changed',
    tag: 'Retention',
    actor: 'user',
    params: waitParams,
    body: z.strictObject({}),
    response: z.object({ kept: Count }),
  }),
} as const satisfies Record<string, RouteContract>
