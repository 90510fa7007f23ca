import { z } from 'zod'
import { AgentId, PlanId, RunId, VaultId } from '../primitives/ids.ts'
import { ByteCount, Count, TimeMs, WirePath } from '../primitives/wire-path.ts'
import { backupExclusions, Compression, DeletedFiles, RunError, RunState, standardCompression, standardDeletedFiles } from './run.ts'

const dayMs = 24 * 60 * 60 * 1000

/** What happens when a run fails for a reason that may pass: none of it for a cancelled one, or for what only a person can mend. */
export const RetryPolicy = z.strictObject({
  /** 0 = a failed run is left at that. */
  count: z.int().min(0).max(20),
  /** Before the first retry; doubles with each further one, up to six hours. */
  firstDelayMs: z.int().min(1_000).max(dayMs),
})
export type RetryPolicy = z.infer<typeof RetryPolicy>
/** Five, ten and twenty minutes later: a restarted router, a reboot for updates, a busy evening. */
export const standardRetries: RetryPolicy = { count: 3, firstDelayMs: 300_000 }
/** Half of everything gone at once is rarely meant: a disk that is not mounted looks like this. */
export const standardShrinkLimitPercent = 50

const name = z.string().trim().min(1).max(120)
const sources = z.array(WirePath).min(1).max(1000)
/** A run that works longer than this is ended as failed; time in which it was paused does not count. Null: no limit. */
const timeoutMs = z
  .int()
  .min(1_000)
  .max(30 * dayMs)
  .nullable()
/** A backup with so much fewer files or bytes than the last good one ends with a warning, until somebody accepts the new size. Null: any fall is right. */
const shrinkLimitPercent = z.int().min(1).max(99).nullable()

export const PlanOrder = z
  .strictObject({
    agentId: AgentId,
    vaultId: VaultId.optional().describe('The device\u2019s own vault unless said'),
    name,
    sources,
    ...backupExclusions,
    compression: Compression.default(standardCompression),
    deletedFiles: DeletedFiles.default(standardDeletedFiles),
    retries: RetryPolicy.default(standardRetries),
    timeoutMs: timeoutMs.default(null),
    shrinkLimitPercent: shrinkLimitPercent.default(standardShrinkLimitPercent),
    isEnabled: z.boolean().default(true),
  })
  .meta({ id: 'PlanOrder' })
export type PlanOrder = z.infer<typeof PlanOrder>

/** The whole plan as it shall be; `revision` as it was read, so that two people do not overwrite each other unseen. */
export const PlanChange = z
  .strictObject({
    revision: z.int().min(1),
    name,
    sources,
    // All of it has to be said: what is left out by mistake would switch something on again, or off.
    exclude: backupExclusions.exclude.unwrap(),
    presets: backupExclusions.presets.unwrap(),
    oneFileSystem: z.boolean(),
    excludeCaches: z.boolean(),
    compression: Compression.optional().describe('As it was, where a client that is older than it leaves it out'),
    deletedFiles: DeletedFiles.optional().describe('As it was, where a client that is older than it leaves it out'),
    retries: RetryPolicy,
    timeoutMs,
    shrinkLimitPercent,
    isEnabled: z.boolean(),
  })
  .meta({ id: 'PlanChange' })
export type PlanChange = z.infer<typeof PlanChange>

export const PlanRun = z.object({
  id: RunId,
  state: RunState,
  createdAtMs: TimeMs,
  finishedAtMs: TimeMs.nullable(),
  /** Why it failed, or what is wrong with it. A hub that is older than this and the next one says neither. */
  error: RunError.nullable().default(null),
  warningCount: Count.default(0),
})
export type PlanRun = z.infer<typeof PlanRun>

export const Plan = z
  .object({
    id: PlanId,
    agentId: AgentId,
    deviceName: z.string(),
    vaultId: VaultId,
    name,
    sources,
    ...backupExclusions,
    /** A hub that is older than this says nothing, and its devices do what is usual. */
    compression: Compression.default(standardCompression),
    /** Likewise. */
    deletedFiles: DeletedFiles.default(standardDeletedFiles),
    retries: RetryPolicy,
    timeoutMs,
    shrinkLimitPercent,
    isEnabled: z.boolean(),
    revision: z.int().min(1),
    createdAtMs: TimeMs,
    updatedAtMs: TimeMs,
    /** Why it cannot run; null = it can. A device that is away is no such reason: its run waits. */
    problem: RunError.nullable(),
    /** Of the last good backup: what the next one is compared with. */
    lastSize: z.object({ files: Count, bytes: ByteCount }).nullable(),
    /** The newest run that has ended, a cancelled one only where there is no other; and the one that has not. */
    lastRun: PlanRun.nullable(),
    activeRun: PlanRun.nullable(),
    /** When the newest backup that succeeded, with warnings or without, ended: what came after it left nothing. */
    lastGoodAtMs: TimeMs.nullable().default(null),
    /** Its newest backup was much smaller than the one before, and nobody has said that this is right, by accepting it or by changing what is backed up. */
    isShrunk: z.boolean().default(false),
  })
  .meta({ id: 'Plan', description: 'What is backed up of a device, and how' })
export type Plan = z.infer<typeof Plan>
