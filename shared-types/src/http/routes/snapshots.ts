import { z } from 'zod'
import { Snapshot, SnapshotEntry } from '../../model/snapshot.ts'
import { AgentId, SnapshotId } from '../../primitives/ids.ts'
import { route, type RouteContract } from '../route.ts'
import { list, pathQuery, v1 } from './parts.ts'

export const snapshotsRoutes = {
  listSnapshots: route({
    method: 'get',
    path: `${v1}/snapshots`,
    summary: 'Committed snapshots, oldest first',
    tag: 'Snapshots',
    actor: 'any',
    query: z.object({ agentId: AgentId.optional(), host: z.string().max(255).optional().describe('Device or host name') }),
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
} as const satisfies Record<string, RouteContract>
