import { z } from 'zod'
import { HubId, VaultId } from '../../primitives/ids.ts'
import { ByteCount, TimeMs } from '../../primitives/wire-path.ts'
import { route, type RouteContract } from '../route.ts'
import { v1 } from './parts.ts'

const CheckStatus = z.enum(['ok', 'failing'])
/** What the hub says of its own state beyond the codes of errors; the console has a sentence for each. */
export type HealthConditionCode =
  | 'check.timed-out'
  | 'store.not-mounted'
  | 'disk.low'
  | 'disk.full'
  | 'log.elsewhere'
  | 'log.nowhere'
  | 'certificate.valid'
  | 'certificate.expires-soon'
  | 'certificate.expired'
  | 'certificate.not-in-use'
  | 'self-backup.made'
  | 'self-backup.old'
  | 'self-backup.missing'
  | 'tidying.stopped'
/** `warning`: it works, and a person should look at it before it does not. Warnings leave the status `ok`. */
const HealthDetail = z.object({
  status: z.enum(['ok', 'warning', 'failing']),
  latencyMs: z.int().min(0).nullable(),
  /** Stable: a code of an error or of a condition; null where there is nothing to say. */
  code: z.string().nullable(),
  /** What the sentence of `code` names; times end in `Ms`, sizes in `Bytes`. */
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  /** The same in English: what is wrong, and what to do about it; null where nothing is. */
  message: z.string().nullable(),
  cure: z.string().nullable(),
})
export type HealthDetail = z.infer<typeof HealthDetail>
const Health = z
  .object({
    status: CheckStatus,
    checks: z.record(z.string(), CheckStatus),
    /** For people who are signed in. */
    details: z.object({ version: z.string(), uptimeMs: z.int().min(0), checks: z.record(z.string(), HealthDetail) }).optional(),
  })
  .meta({ id: 'Health' })
export type Health = z.infer<typeof Health>

/** What a test of a connection did, in order; the first step that failed is the last. */
const ConnectionTest = z
  .object({
    ok: z.boolean(),
    steps: z.array(
      z.object({
        name: z.enum(['connect', 'write', 'read', 'list', 'delete', 'free-space']),
        ok: z.boolean(),
        durationMs: z.number().min(0),
        error: z.object({ code: z.string(), message: z.string(), cure: z.string() }).nullable(),
      }),
    ),
    /** Of a store: what its disk has left, null where it does not tell. Absent of a database. */
    freeBytes: ByteCount.nullable().optional(),
    /** Of a database: its version. */
    version: z.string().optional(),
  })
  .meta({ id: 'ConnectionTest' })
export type ConnectionTest = z.infer<typeof ConnectionTest>
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

export const systemRoutes = {
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

  testStore: route({
    method: 'post',
    path: `${v1}/system/test-store`,
    summary: 'Write, read, list and delete a small object in a vault\u2019s store; the default vault\u2019s when none is named',
    tag: 'System',
    actor: 'user',
    body: z.strictObject({ vaultId: VaultId.optional() }),
    response: ConnectionTest,
  }),

  testDatabase: route({
    method: 'post',
    path: `${v1}/system/test-database`,
    summary: 'Ask the database, and write and read in a transaction that is rolled back',
    tag: 'System',
    actor: 'user',
    body: z.strictObject({}),
    response: ConnectionTest,
  }),
} as const satisfies Record<string, RouteContract>
