import { z } from 'zod'
import { AckEnvelope } from '../agent-protocol/envelope.ts'
import { Device } from '../model/device.ts'
import { Plan } from '../model/plan.ts'
import { Measurement } from '../model/host.ts'
import { LogLine, Run, RunProgressSample } from '../model/run.ts'
import { AgentId, PlanId, RunId, VaultId } from '../primitives/ids.ts'
import { TimeMs } from '../primitives/wire-path.ts'

export const uiNamespace = '/ui'
export const subscribeEvent = 'subscribe'
export const unsubscribeEvent = 'unsubscribe'
export const liveEventName = 'event'

/** What one may listen to: all devices, all plans, all runs, what people and rules decide over snapshots, everything of one run, or the figures of one measurement. */
export const Topic = z.union([
  z.literal('devices'),
  z.literal('plans'),
  z.literal('runs'),
  z.literal('snapshots'),
  z.templateLiteral(['run:', z.uuid()]),
  z.templateLiteral(['measurement:', z.uuid()]),
])
export type Topic = z.infer<typeof Topic>

/**
 * `lastSeq`: the last sequence seen on this topic; events after it are sent first, in order, without gap or duplicate.
 * Leave it out to start with what happens from now on. Events are kept for a limited time: `live.sequence-gone` means load the
 * state again (REST), then subscribe anew.
 */
export const Subscribe = z.strictObject({ topic: Topic, lastSeq: z.int().min(0).optional() })
export type Subscribe = z.infer<typeof Subscribe>
export const SubscribeAck = z.object({ seq: z.int().min(0) })
export { AckEnvelope as UiAck }

export const liveEventBodies = {
  'device.changed': Device,
  'device.removed': z.object({ id: AgentId }),
  'plan.changed': Plan,
  'plan.removed': z.object({ id: PlanId }),
  /** Other snapshots of it wait for somebody's word than before, or none. */
  'retention.changed': z.object({ id: PlanId }),
  'run.changed': Run,
  'run.log': LogLine,
  /** Lossy: carries no sequence. */
  'run.progress': z.object({ runId: RunId, sample: RunProgressSample }),
  /** Of these devices, some were deleted, had back, held or released, are on their way out or gone. What runs make is told by `run.changed`. */
  'snapshots.changed': z.object({ agentIds: z.array(AgentId) }),
  /** On `snapshots`: it began, went on or ended. */
  'purge.changed': z.object({ id: z.uuid(), vaultId: VaultId }),
  /** Lossy: carries no sequence. */
  'measurement.changed': Measurement,
} as const
export type LiveEventType = keyof typeof liveEventBodies

const liveEvent = <T extends LiveEventType>(type: T) =>
  z.object({ topic: Topic, seq: z.int().min(1).nullable(), type: z.literal(type), atMs: TimeMs, body: liveEventBodies[type] })
export const LiveEvent = z.discriminatedUnion('type', [
  liveEvent('device.changed'),
  liveEvent('device.removed'),
  liveEvent('plan.changed'),
  liveEvent('plan.removed'),
  liveEvent('retention.changed'),
  liveEvent('run.changed'),
  liveEvent('run.log'),
  liveEvent('run.progress'),
  liveEvent('snapshots.changed'),
  liveEvent('purge.changed'),
  liveEvent('measurement.changed'),
])
export type LiveEvent = z.infer<typeof LiveEvent>
