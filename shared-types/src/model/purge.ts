import { z } from 'zod'
import { ExclusionPattern } from '../primitives/exclusion-pattern.ts'
import { AgentId, SnapshotId, VaultId } from '../primitives/ids.ts'
import { ByteCount, Count, TimeMs, WirePath } from '../primitives/wire-path.ts'

/**
 * What leaves all snapshots of a vault: everything at and below these paths of the devices, and whatever these lines of gitignore match, which speak of each source as
 * its top. `agentIds` null: of all devices.
 */
const selection = {
  agentIds: z.array(AgentId).min(1).max(1000).nullable(),
  paths: z.array(WirePath).max(1000),
  patterns: z.array(ExclusionPattern).max(1000),
} as const

const namesSomething = ({ paths, patterns }: { readonly paths: readonly unknown[]; readonly patterns: readonly unknown[] }): boolean =>
  paths.length + patterns.length > 0
const namesNothing = 'Say which paths or patterns leave.'

export const PurgeSelection = z.strictObject(selection).refine(namesSomething, namesNothing).meta({ id: 'PurgeSelection' })
export type PurgeSelection = z.infer<typeof PurgeSelection>

export const PurgeOrder = z
  .strictObject({
    ...selection,
    /**
     * True: the snapshots as they were can be had back until the vault\u2019s undo time is over, and only then does the content go. False: nothing can be had back, and it
     * goes as soon as nothing reads it.
     */
    keepsUndo: z.boolean(),
  })
  .refine(namesSomething, namesNothing)
  .meta({ id: 'PurgeOrder', description: 'What leaves all snapshots, and whether that can be taken back' })
export type PurgeOrder = z.infer<typeof PurgeOrder>

/** What a purge would do now. Changes nothing. */
export const PurgePreview = z
  .object({
    /** Looked through: all that are kept of these devices, and those that can still be had back. */
    snapshots: Count,
    /** Kept ones with something of it: each is written anew without it. */
    snapshotsAffected: Count,
    /** Deleted ones with something of it: without an undo time theirs ends too. */
    deletedAffected: Count,
    /** Of all affected ones together, each time it occurs: what leaves, folders and what is in them counted one by one. */
    entries: Count,
    /** Sizes of these files, each time one occurs. */
    bytes: ByteCount,
    /** The first 100 different paths that leave, folders without what is in them. */
    samples: z.array(WirePath).max(100),
    /** Held ones with something of it: it does not start before they are released. */
    held: z.array(SnapshotId),
    /** Ones that a run reads now: their content goes when these runs are over. */
    inUse: z.array(SnapshotId),
    /** Ones that cannot be read: nobody knows whether they have something of it, and it does not start before they are deleted or mended. */
    unreadable: z.array(SnapshotId),
    /** Days in which snapshots as they were could be had back, where undoing is kept. */
    undoDays: Count,
  })
  .meta({ id: 'PurgePreview', description: 'What a purge would do' })
export type PurgePreview = z.infer<typeof PurgePreview>

/**
 * `rewriting`: snapshots are written anew without it. `collecting`: no snapshot that is kept names it any more, and a collection is to remove the content; `waitingFor`
 * says what for. `done`: nothing of it is left in the vault. `failed`: it could not go on; what is done stays done, and asking for the same again goes on from there.
 */
export const PurgeState = z.enum(['rewriting', 'collecting', 'done', 'failed'])
export type PurgeState = z.infer<typeof PurgeState>

export const Purge = z
  .object({
    id: z.uuid(),
    vaultId: VaultId,
    agentIds: z.array(AgentId).nullable(),
    paths: z.array(WirePath),
    patterns: z.array(z.string()),
    keepsUndo: z.boolean(),
    state: PurgeState,
    startedBy: z.string(),
    startedAtMs: TimeMs,
    endedAtMs: TimeMs.nullable(),
    /** Snapshots looked through, of those there are; null unless it is rewriting. */
    progress: z.object({ done: Count, total: Count }).nullable(),
    /** Written anew. */
    snapshotsRewritten: Count,
    entries: Count,
    bytes: ByteCount,
    /** While it is collecting: old snapshots that still have it, the last moment at which one of these can be had back, and segments that hold some of it. */
    waitingFor: z.object({ snapshots: Count, undoUntilMs: TimeMs.nullable(), segments: Count }).nullable(),
    error: z.object({ code: z.string(), message: z.string(), cure: z.string() }).nullable(),
  })
  .meta({ id: 'Purge', description: 'Paths that leave all snapshots of a vault' })
export type Purge = z.infer<typeof Purge>
