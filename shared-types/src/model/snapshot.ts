import { z } from 'zod'
import { AgentId, RunId, SnapshotId, VaultId } from '../primitives/ids.ts'
import { ByteCount, Count, TimeMs, WirePath } from '../primitives/wire-path.ts'
import { VaultKind } from './vault.ts'

export const SnapshotStatus = z.enum(['complete', 'complete-with-errors', 'partial'])
export type SnapshotStatus = z.infer<typeof SnapshotStatus>

/**
 * What a device says of a snapshot that the hub cannot open: of a private vault, at the commit and when it has looked through it. The hub has only
 * its word for it. All but `status` as in the snapshot itself.
 */
export const SnapshotSummary = z.object({
  status: SnapshotStatus,
  files: Count,
  folders: Count,
  bytes: ByteCount,
  errors: Count,
  filesNew: Count,
  filesChanged: Count,
})
export type SnapshotSummary = z.infer<typeof SnapshotSummary>

export const Snapshot = z
  .object({
    id: SnapshotId,
    vaultId: VaultId,
    /** Of that vault. */
    vaultKind: VaultKind.default('managed'),
    agentId: AgentId,
    deviceName: z.string(),
    runId: RunId.nullable(),
    /** The hub's clock: what retention and `latest` go by. */
    createdAtMs: TimeMs,
    /**
     * This, and the figures below, are null where the hub cannot open the snapshot and no device has stated them: of a private vault, after its rows were
     * made again from the store, until a device has looked through it.
     */
    status: SnapshotStatus.nullable(),
    plan: z.string().nullable(),
    /** Of a private vault what the order said, as long as the hub knows it. */
    roots: z.array(WirePath),
    files: Count.nullable(),
    folders: Count.nullable(),
    bytes: ByteCount.nullable(),
    errors: Count.nullable(),
    /** Somebody said that it stays, whatever the rules say. */
    held: z.object({ atMs: TimeMs, by: z.string(), reason: z.string() }).nullable(),
    /** No longer kept: until `undoUntilMs` it can be had back, and even later if nothing has begun to remove it (`isGoing`). */
    deleted: z
      .object({
        atMs: TimeMs,
        by: z.string(),
        undoUntilMs: TimeMs,
        isGoing: z.boolean(),
        /** The one that stands for it since, with less in it: having this one back takes that one away. */
        replacedBy: SnapshotId.nullable().default(null),
      })
      .nullable(),
    /**
     * Written anew by the hub with less in it than the device backed up: paths that somebody purged, or versions beyond a limit. `of`: the snapshot as the device made it.
     * Null: it is as the device made it, and signed by that.
     */
    rewritten: z
      .object({ why: z.enum(['purge', 'versions']), atMs: TimeMs, of: SnapshotId, entriesDropped: Count, bytesDropped: ByteCount })
      .nullable()
      .default(null),
  })
  .meta({ id: 'Snapshot', description: 'One finished backup' })
export type Snapshot = z.infer<typeof Snapshot>

/** What deleting snapshots would do. Sizes are of packs' segments: what a collection can free in the end, not at once. */
export const DeletionPreview = z
  .object({
    snapshots: Count,
    /** Stored for these snapshots alone. */
    bytesFreed: ByteCount,
    /** Stored for these and for others: stays. */
    bytesShared: ByteCount,
    undoUntilMs: TimeMs,
    /** Why the hub wants to be asked twice: snapshots of the last week; the last whole one of a device; held ones, which must be released first. */
    concerns: z.array(z.object({ kind: z.enum(['recent', 'last-of-device', 'held', 'in-use']), snapshotIds: z.array(SnapshotId) })),
  })
  .meta({ id: 'DeletionPreview' })
export type DeletionPreview = z.infer<typeof DeletionPreview>

export const EntryType = z.enum(['file', 'folder', 'symlink', 'fifo', 'socket', 'char-device', 'block-device', 'error'])
export type EntryType = z.infer<typeof EntryType>

export const SnapshotEntry = z
  .object({
    name: z.string(),
    path: z.string(),
    /** Present exactly when `path` is not the whole truth (not UTF-8). */
    pathBase64: z.base64().optional(),
    type: EntryType,
    /** Permission bits incl. setuid, setgid, sticky: 0–0o7777. */
    mode: z.int().min(0).max(0o7777),
    uid: z.int().min(0),
    gid: z.int().min(0),
    user: z.string().nullable(),
    group: z.string().nullable(),
    size: ByteCount,
    /** Nanoseconds since 1970 as a decimal string: beyond 2^53. */
    mtimeNs: z.string().regex(/^-?\d+$/),
    symlinkTarget: z.string().nullable(),
    /** When a backup first saw it gone, by the device's clock, and kept it; null = it was there. A hub that is older than this says nothing. */
    deletedAtMs: TimeMs.nullable().default(null),
    /** Of a folder: everything below it; without what is deleted, unless the folder is so itself. */
    subtree: z.object({ files: Count, bytes: ByteCount, errors: Count }).nullable(),
  })
  .meta({ id: 'SnapshotEntry', description: 'One entry of a folder in a snapshot' })
export type SnapshotEntry = z.infer<typeof SnapshotEntry>
