import { z } from 'zod'
import { SnapshotStatus } from '../../model/snapshot.ts'
import { PackId, RunId, SessionId, SnapshotId } from '../../primitives/ids.ts'
import { TimeMs } from '../../primitives/wire-path.ts'
import { route, type RouteContract } from '../route.ts'
import { Empty, v1 } from './parts.ts'

/** A figure of a query. */
const Stated = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional()

export const agentDataRoutes = {
  putPack: route({
    method: 'put',
    path: `${v1}/sessions/{sessionId}/packs/{packId}`,
    summary: 'Store one pack; the same bytes again are accepted',
    tag: 'Agent data',
    actor: 'agent',
    params: z.object({ sessionId: SessionId, packId: PackId }),
    query: z.object({ fence: z.coerce.number().int().min(1) }),
    body: 'bytes',
    response: Empty,
    status: 201,
  }),

  commitSession: route({
    method: 'post',
    path: `${v1}/sessions/{sessionId}/commit`,
    summary: 'Commit a snapshot object',
    tag: 'Agent data',
    actor: 'agent',
    params: z.object({ sessionId: SessionId }),
    /** All but the fence is `SnapshotSummary`: said of private vaults alone, whose hub cannot look into the snapshot, and all of it or nothing. */
    query: z.object({
      fence: z.coerce.number().int().min(1),
      status: SnapshotStatus.optional(),
      files: Stated,
      folders: Stated,
      bytes: Stated,
      errors: Stated,
      filesNew: Stated,
      filesChanged: Stated,
    }),
    body: 'bytes',
    response: z.object({ snapshotId: SnapshotId, receivedAtMs: TimeMs }),
    status: 201,
  }),

  getSnapshotObject: route({
    method: 'get',
    path: `${v1}/runs/{runId}/snapshot-object`,
    summary: 'The stored snapshot that this run restores or verifies',
    tag: 'Agent data',
    actor: 'agent',
    params: z.object({ runId: RunId }),
    response: 'bytes',
  }),

  getSnapshotSigner: route({
    method: 'get',
    path: `${v1}/runs/{runId}/snapshot-signer`,
    summary: 'The stored public keys of the device that made this run\u2019s snapshot',
    tag: 'Agent data',
    actor: 'agent',
    params: z.object({ runId: RunId }),
    response: 'bytes',
  }),

  /** Body: n × 32 bytes of blob ids, n ≤ 4096. Answer: n × 24 bytes of location records. */
  locateBlobs: route({
    method: 'post',
    path: `${v1}/runs/{runId}/locate`,
    summary: 'Where blobs of this run\u2019s snapshot lie',
    tag: 'Agent data',
    actor: 'agent',
    params: z.object({ runId: RunId }),
    body: 'bytes',
    response: 'bytes',
  }),

  /** Body: n × 24 bytes of location records (position ignored), n ≤ 256. Answer: the segments one after the other, whole, in that order. */
  readSegments: route({
    method: 'post',
    path: `${v1}/runs/{runId}/segments`,
    summary: 'Segments of this run\u2019s snapshot',
    tag: 'Agent data',
    actor: 'agent',
    params: z.object({ runId: RunId }),
    body: 'bytes',
    response: 'bytes',
  }),
} as const satisfies Record<string, RouteContract>
