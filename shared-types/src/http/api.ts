import { z } from 'zod'
import { Device, HostFacts } from '../model/device.ts'
import { backupExclusions, LogLine, restoreModes, Run, RunKind } from '../model/run.ts'
import { Snapshot, SnapshotEntry } from '../model/snapshot.ts'
import { User } from '../model/user.ts'
import { Vault } from '../model/vault.ts'
import { AgentId, DomainId, HubId, PackId, RunId, SessionId, SnapshotId, VaultId } from '../primitives/ids.ts'
import { TimeMs, WirePath } from '../primitives/wire-path.ts'
import { route, type RouteContract } from './route.ts'

const v1 = '/api/v1'
const Empty = z.object({}).meta({ id: 'Empty' })
const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) })
/** A part of a list that may be long: `limit` items, or fewer where they are large. Without `hasMore` (an older hub) a full part has more. */
const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), hasMore: z.boolean().optional() })
const Limit = z.coerce.number().int().min(1).max(1000)
/** Raw path bytes in a query: `path` (UTF-8), or `pathBase64` (base64url) where it is not. */
const pathQuery = { path: z.string().max(32_768).optional(), pathBase64: z.base64url().max(65_536).optional() }

const Health = z
  .object({ status: z.enum(['ok', 'failing']), checks: z.record(z.string(), z.enum(['ok', 'failing'])) })
  .meta({ id: 'Health' })
const SystemFacts = z
  .object({
    hubId: HubId,
    version: z.string(),
    timeMs: TimeMs,
    /** True while no administrator has chosen a password. */
    firstRun: z.boolean(),
    /** Vaults whose recovery key was never exported: their only other key lies next to them. */
    vaultsWithoutRecoveryKey: z.array(VaultId),
  })
  .meta({ id: 'SystemFacts' })

const BackupOrder = z.strictObject({
  kind: z.literal('backup'),
  sources: z.array(WirePath).min(1).max(1000),
  full: z.boolean().default(false),
  ...backupExclusions,
})
const RestoreOrder = z.strictObject({
  kind: z.literal('restore'),
  snapshotId: SnapshotId,
  target: WirePath.nullable().describe('Folder on the device; null: back to where it was'),
  flat: z.boolean().default(false),
  paths: z.array(WirePath).max(10_000).default([]),
  ...restoreModes,
})
const VerifyOrder = z.strictObject({ kind: z.literal('verify'), snapshotId: SnapshotId })
export const RunOrder = z.discriminatedUnion('kind', [BackupOrder, RestoreOrder, VerifyOrder]).meta({ id: 'RunOrder' })
export type RunOrder = z.infer<typeof RunOrder>

export const EnrolRequest = z.strictObject({
  token: z.string().min(20).max(200),
  name: z.string().min(1).max(120).optional(),
  host: HostFacts,
  version: z.string().max(40),
  /** Raw public keys, 32 bytes each. `boxSignature`: Ed25519 over the X25519 key, see docs/vault-format.md. */
  signPublicKey: z.base64url().length(43),
  boxPublicKey: z.base64url().length(43),
  boxSignature: z.base64url().length(86),
})
export type EnrolRequest = z.infer<typeof EnrolRequest>
export const EnrolAnswer = z
  .object({ agentId: AgentId, name: z.string(), hubId: HubId, vaultId: VaultId, domainId: DomainId })
  .meta({ id: 'EnrolAnswer' })
export type EnrolAnswer = z.infer<typeof EnrolAnswer>

/** Every call of the hub. Names are operation ids and stable. */
export const api = {
  healthLive: route({ method: 'get', path: '/health/live', summary: 'The process runs', tag: 'System', actor: 'none', response: Health }),
  healthReady: route({
    method: 'get',
    path: '/health/ready',
    summary: 'Database and store answer',
    tag: 'System',
    actor: 'none',
    response: Health,
  }),
  health: route({ method: 'get', path: '/health', summary: 'As /health/ready', tag: 'System', actor: 'none', response: Health }),
  getSystem: route({
    method: 'get',
    path: `${v1}/system`,
    summary: 'Facts about this hub',
    tag: 'System',
    actor: 'user',
    response: SystemFacts,
  }),

  signInWithLink: route({
    method: 'post',
    path: `${v1}/sign-in/link`,
    summary: 'Sign in with a one-time link',
    tag: 'Sign-in',
    actor: 'none',
    body: z.strictObject({ token: z.string().min(20).max(200) }),
    response: User,
  }),
  signIn: route({
    method: 'post',
    path: `${v1}/sign-in`,
    summary: 'Sign in with e-mail and password',
    tag: 'Sign-in',
    actor: 'none',
    body: z.strictObject({ email: z.string().max(320), password: z.string().max(1024) }),
    response: User,
  }),
  signOut: route({ method: 'post', path: `${v1}/sign-out`, summary: 'End this sign-in', tag: 'Sign-in', actor: 'user', response: Empty }),
  getMe: route({ method: 'get', path: `${v1}/me`, summary: 'Who is signed in', tag: 'Sign-in', actor: 'user', response: User }),
  setCredentials: route({
    method: 'put',
    path: `${v1}/me/credentials`,
    summary: 'Choose e-mail address and password',
    tag: 'Sign-in',
    actor: 'user',
    body: z.strictObject({
      name: z.string().trim().min(1).max(120),
      email: z.email().max(320),
      password: z.string().min(10).max(1024),
      currentPassword: z.string().max(1024).optional(),
    }),
    response: User,
  }),

  createEnrolmentToken: route({
    method: 'post',
    path: `${v1}/enrolment-tokens`,
    summary: 'Make a single-use token for a new device',
    tag: 'Devices',
    actor: 'user',
    body: z.strictObject({ name: z.string().min(1).max(120).optional() }),
    status: 201,
    response: z.object({ token: z.string(), expiresAtMs: TimeMs, hubUrl: z.string(), command: z.string() }),
  }),
  enrol: route({
    method: 'post',
    path: `${v1}/enrol`,
    summary: 'Join with an enrolment token',
    tag: 'Devices',
    actor: 'none',
    body: EnrolRequest,
    response: EnrolAnswer,
    status: 201,
  }),
  listDevices: route({
    method: 'get',
    path: `${v1}/devices`,
    summary: 'All devices in sight',
    tag: 'Devices',
    actor: 'any',
    response: list(Device),
  }),
  getDevice: route({
    method: 'get',
    path: `${v1}/devices/{agentId}`,
    summary: 'One device',
    tag: 'Devices',
    actor: 'any',
    params: z.object({ agentId: AgentId }),
    response: Device,
  }),

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
      active: z.enum(['true', 'false']).optional(),
      before: RunId.optional().describe('Only runs older than this one: the last of the answer before'),
      limit: Limit.default(50),
    }),
    response: page(Run),
  }),
  getRun: route({
    method: 'get',
    path: `${v1}/runs/{runId}`,
    summary: 'One run',
    tag: 'Runs',
    actor: 'any',
    params: z.object({ runId: RunId }),
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
  cancelRun: route({
    method: 'post',
    path: `${v1}/runs/{runId}/cancel`,
    summary: 'Cancel a run',
    tag: 'Runs',
    actor: 'any',
    params: z.object({ runId: RunId }),
    response: Run,
  }),

  listVaults: route({ method: 'get', path: `${v1}/vaults`, summary: 'Vaults', tag: 'Vaults', actor: 'user', response: list(Vault) }),

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
    query: z.object({ fence: z.coerce.number().int().min(1) }),
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

export type Api = typeof api
export type OperationId = keyof Api
