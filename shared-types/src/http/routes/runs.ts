import { z } from 'zod'
import {
  backupExclusions,
  Compression,
  DeletedFiles,
  DrillSample,
  LogLine,
  Run,
  RunCurve,
  RunEvent,
  RunKind,
  RunState,
} from '../../model/run.ts'
import { restoreModes, SealedSelection } from '../../model/restore-request.ts'
import { AgentId, PlanId, RunId, SnapshotId } from '../../primitives/ids.ts'
import { WirePath } from '../../primitives/wire-path.ts'
import { route, type RouteContract } from '../route.ts'
import { AtMs, Limit, page, v1 } from './parts.ts'

const BackupOrder = z.strictObject({
  kind: z.literal('backup'),
  sources: z.array(WirePath).min(1).max(1000),
  full: z.boolean().default(false),
  ...backupExclusions,
  compression: Compression.optional().describe('Of contents that are sent; fast unless said'),
  deletedFiles: DeletedFiles.optional().describe(
    'What is gone at the source goes from the new snapshot (follow, unless said), or stays in it, marked',
  ),
})
const RestoreOrder = z.strictObject({
  kind: z.literal('restore'),
  snapshotId: SnapshotId.describe('Another device\u2019s is for people, and for API tokens of the scope admin'),
  target: WirePath.nullable().describe('Folder on the device; null: back to where it was'),
  flat: z.boolean().default(false),
  paths: z.array(WirePath).max(10_000).default([]),
  sealedSelection: SealedSelection.optional().describe(
    'Of a private vault, and needed there: all of this order, sealed to the device; instead of paths and include',
  ),
  ...restoreModes,
})
const VerifyOrder = z.strictObject({
  kind: z.literal('verify'),
  snapshotId: SnapshotId,
  sample: DrillSample.optional().describe('A restore drill: random files are really restored to a scratch place, and compared'),
})
export const RunOrder = z.discriminatedUnion('kind', [BackupOrder, RestoreOrder, VerifyOrder]).meta({ id: 'RunOrder' })
export type RunOrder = z.infer<typeof RunOrder>

export const runsRoutes = {
  startRun: route({
    method: 'post',
    path: `${v1}/devices/{agentId}/runs`,
    summary: 'Ask a device for a backup, restore or verification',
    tag: 'Runs',
    actor: 'any',
    params: z.object({ agentId: AgentId }),
    body: RunOrder,
    response: Run,
    status: 201,
  }),

  listRuns: route({
    method: 'get',
    path: `${v1}/runs`,
    summary: 'Runs, newest first',
    tag: 'Runs',
    actor: 'any',
    query: z.object({
      agentId: AgentId.optional(),
      kind: RunKind.optional(),
      planId: PlanId.optional(),
      active: z.enum(['true', 'false']).optional(),
      state: z
        .union([RunState, z.array(RunState).min(1).max(20)])
        .optional()
        .describe('Given several times: any of them'),
      createdAfterMs: AtMs.optional().describe('Asked for at this moment or later'),
      createdBeforeMs: AtMs.optional().describe('Asked for before this moment'),
      before: RunId.optional().describe('Only runs older than this one: the last of the answer before'),
      limit: Limit.default(50),
    }),
    liveTopics: ['runs'],
    response: page(Run),
  }),

  getRun: route({
    method: 'get',
    path: `${v1}/runs/{runId}`,
    summary: 'One run',
    tag: 'Runs',
    actor: 'any',
    params: z.object({ runId: RunId }),
    query: z.object({
      waitSeconds: z.coerce
        .number()
        .int()
        .min(0)
        .max(50)
        .default(0)
        .describe('Answer when the run has ended, and at the latest after so many seconds. 0: now'),
    }),
    response: Run,
  }),

  getRunLog: route({
    method: 'get',
    path: `${v1}/runs/{runId}/log`,
    summary: 'Log lines of a run in order',
    tag: 'Runs',
    actor: 'any',
    params: z.object({ runId: RunId }),
    query: z.object({ after: z.coerce.number().int().min(0).default(0), limit: Limit.default(500) }),
    /** `lastSeq`: the run topic's sequence at this moment, to subscribe from. */
    response: page(LogLine).extend({ lastSeq: z.int().min(0) }),
  }),

  /** One line an entry: time, level, event, message, path. Control characters of names are written out, so that no name makes a line. */
  getRunLogFile: route({
    method: 'get',
    path: `${v1}/runs/{runId}/log/file`,
    summary: 'The whole log of a run as a text file',
    tag: 'Runs',
    actor: 'any',
    params: z.object({ runId: RunId }),
    response: 'bytes',
    mediaType: 'text/plain',
  }),

  listRunEvents: route({
    method: 'get',
    path: `${v1}/runs/{runId}/events`,
    summary: 'The states a run went through, in order',
    tag: 'Runs',
    actor: 'any',
    params: z.object({ runId: RunId }),
    query: z.object({ after: z.coerce.number().int().min(0).default(0), limit: Limit.default(500) }),
    response: page(RunEvent),
  }),

  getRunCurve: route({
    method: 'get',
    path: `${v1}/runs/{runId}/curve`,
    summary: 'How the figures of a run under way grew, as far as the hub remembers',
    tag: 'Runs',
    actor: 'any',
    params: z.object({ runId: RunId }),
    response: RunCurve,
  }),

  cancelRun: route({
    method: 'post',
    path: `${v1}/runs/{runId}/cancel`,
    summary: 'Cancel a run',
    tag: 'Runs',
    actor: 'any',
    params: z.object({ runId: RunId }),
    response: Run,
  }),
  pauseRun: route({
    method: 'post',
    path: `${v1}/runs/{runId}/pause`,
    summary: 'Let a running run rest, for 24 hours at most; what was sent stays',
    tag: 'Runs',
    actor: 'any',
    params: z.object({ runId: RunId }),
    response: Run,
  }),
  resumeRun: route({
    method: 'post',
    path: `${v1}/runs/{runId}/resume`,
    summary: 'Let a paused run go on',
    tag: 'Runs',
    actor: 'any',
    params: z.object({ runId: RunId }),
    response: Run,
  }),
} as const satisfies Record<string, RouteContract>
