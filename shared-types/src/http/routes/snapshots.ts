import { z } from 'zod'
import { DeletionPreview, Snapshot, SnapshotEntry } from '../../model/snapshot.ts'
import { AgentId, SnapshotId } from '../../primitives/ids.ts'
import { route, type RouteContract } from '../route.ts'
import { TimeMs } from '../../primitives/wire-path.ts'
import { list, pathQuery, v1 } from './parts.ts'

const SnapshotIds = z.array(SnapshotId).min(1).max(1000)
const ZipTicket = z.base64url().min(8).max(64)
/** So many names are some 600 KB of JSON, which has 1 MiB at most. */
const maxZipNames = 20_000

export const snapshotsRoutes = {
  listSnapshots: route({
    method: 'get',
    path: `${v1}/snapshots`,
    summary: 'Committed snapshots, oldest first',
    tag: 'Snapshots',
    actor: 'any',
    query: z.object({
      agentId: AgentId.optional(),
      host: z.string().max(255).optional().describe('Device or host name'),
      kept: z.enum(['kept', 'deleted']).default('kept').describe('Deleted ones can be had back for a while'),
    }),
    liveTopics: ['runs', 'snapshots'],
    response: list(Snapshot),
  }),

  getSnapshot: route({
    method: 'get',
    path: `${v1}/snapshots/{snapshot}`,
    summary: 'One snapshot: id, unique prefix of 8 or more, or `latest`',
    tag: 'Snapshots',
    actor: 'any',
    params: z.object({ snapshot: z.string().min(1).max(64) }),
    query: z.object({ host: z.string().max(255).optional() }),
    response: Snapshot,
  }),

  previewDeletion: route({
    method: 'post',
    path: `${v1}/snapshots/deletion-preview`,
    summary: 'What deleting snapshots would free, and what speaks against it; changes nothing',
    tag: 'Snapshots',
    actor: 'user',
    body: z.strictObject({ snapshotIds: SnapshotIds }),
    response: DeletionPreview,
  }),

  deleteSnapshots: route({
    method: 'post',
    path: `${v1}/snapshots/delete`,
    summary: 'Delete snapshots: they can be had back until the vault\u2019s undo time is over',
    tag: 'Snapshots',
    actor: 'user',
    body: z.strictObject({
      snapshotIds: SnapshotIds,
      /** Also those of the last week, and a device\u2019s last whole one. Held ones never go. */
      confirmed: z.boolean().default(false),
      /** No undo time: the next collection removes them. */
      isFinal: z.boolean().default(false),
    }),
    response: list(Snapshot),
  }),

  undeleteSnapshots: route({
    method: 'post',
    path: `${v1}/snapshots/undelete`,
    summary: 'Have deleted snapshots back',
    tag: 'Snapshots',
    actor: 'user',
    body: z.strictObject({ snapshotIds: SnapshotIds }),
    response: list(Snapshot),
  }),

  holdSnapshot: route({
    method: 'put',
    path: `${v1}/snapshots/{snapshotId}/hold`,
    summary: 'Keep a snapshot whatever the rules say, until it is released',
    tag: 'Snapshots',
    actor: 'user',
    params: z.object({ snapshotId: SnapshotId }),
    body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
    response: Snapshot,
  }),

  releaseSnapshot: route({
    method: 'delete',
    path: `${v1}/snapshots/{snapshotId}/hold`,
    summary: 'Let the rules decide over a snapshot again',
    tag: 'Snapshots',
    actor: 'user',
    params: z.object({ snapshotId: SnapshotId }),
    response: Snapshot,
  }),

  listEntries: route({
    method: 'get',
    path: `${v1}/snapshots/{snapshotId}/entries`,
    summary: 'One folder of a snapshot, sorted by name bytes, in pages',
    tag: 'Snapshots',
    actor: 'any',
    params: z.object({ snapshotId: SnapshotId }),
    query: z.object({
      ...pathQuery,
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(10_000).default(1000),
    }),
    /** `folder`: the entry listed, null for the top. `total`: entries in the folder. */
    response: z.object({ folder: SnapshotEntry.nullable(), items: z.array(SnapshotEntry), total: z.int().min(0) }),
  }),

  downloadFile: route({
    method: 'get',
    path: `${v1}/snapshots/{snapshotId}/file`,
    summary: 'The bytes of one file',
    tag: 'Snapshots',
    actor: 'any',
    params: z.object({ snapshotId: SnapshotId }),
    query: z.object(pathQuery),
    response: 'bytes',
  }),

  prepareZip: route({
    method: 'post',
    path: `${v1}/snapshots/{snapshotId}/zip-tickets`,
    summary: 'Check a folder, or chosen entries of it, for a download as a zip',
    tag: 'Snapshots',
    actor: 'any',
    params: z.object({ snapshotId: SnapshotId }),
    /** Without names the folder itself; names that are not UTF-8 as base64 of their bytes. */
    body: z
      .strictObject({
        ...pathQuery,
        names: z.array(z.string().min(1).max(1024)).max(maxZipNames).optional(),
        namesBase64: z.array(z.base64().min(1).max(2048)).max(maxZipNames).optional(),
        withDeleted: z.boolean().optional().describe('Also what the snapshot keeps of deleted files; what is named is in the zip anyway'),
      })
      .refine(({ names, namesBase64 }) => (names ?? namesBase64) === undefined || (names?.length ?? 0) + (namesBase64?.length ?? 0) > 0, {
        error: 'Name one entry at least, or leave the names out for the folder itself',
        path: ['names'],
      }),
    /** For `downloadZip`, by the same account, as often as is needed until it expires. */
    response: z.object({ ticket: ZipTicket, expiresAtMs: TimeMs }),
  }),

  downloadZip: route({
    method: 'get',
    path: `${v1}/snapshots/{snapshotId}/zip`,
    summary: 'A folder as a zip, or what a ticket stands for; without both the whole snapshot',
    tag: 'Snapshots',
    actor: 'any',
    params: z.object({ snapshotId: SnapshotId }),
    query: z.object({
      ...pathQuery,
      ticket: ZipTicket.optional().describe('Of prepareZip; nothing else means anything beside it'),
      withDeleted: z.enum(['true', 'false']).optional().describe('Also what the snapshot keeps of deleted files'),
    }),
    response: 'bytes',
    mediaType: 'application/zip',
  }),

  /** As `getSnapshotObject` of agents; the rest of what it takes to read it is `getKeyObjects`. */
  getStoredSnapshot: route({
    method: 'get',
    path: `${v1}/snapshots/{snapshotId}/object`,
    summary: 'A snapshot as it is stored: sealed, for who can open it; a device gets its own',
    tag: 'Snapshots',
    actor: 'any',
    params: z.object({ snapshotId: SnapshotId }),
    response: 'bytes',
  }),

  /** As `locateBlobs` of agents. Body: n × 32 bytes of blob ids, n ≤ 4096. Answer: n × 24 bytes of location records. */
  locateSnapshotBlobs: route({
    method: 'post',
    path: `${v1}/snapshots/{snapshotId}/locate`,
    summary: 'Where blobs of a snapshot lie',
    tag: 'Snapshots',
    actor: 'any',
    params: z.object({ snapshotId: SnapshotId }),
    body: 'bytes',
    response: 'bytes',
  }),

  /** As `readSegments` of agents. Body: n × 24 bytes of location records (position ignored), n ≤ 256. Answer: the sealed segments one after the other. */
  readSnapshotSegments: route({
    method: 'post',
    path: `${v1}/snapshots/{snapshotId}/segments`,
    summary: 'Sealed segments of a snapshot, for who can open them',
    tag: 'Snapshots',
    actor: 'any',
    params: z.object({ snapshotId: SnapshotId }),
    body: 'bytes',
    response: 'bytes',
  }),
} as const satisfies Record<string, RouteContract>
