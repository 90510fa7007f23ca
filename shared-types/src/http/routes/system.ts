import { z } from 'zod'
import { HubId, VaultId } from '../../primitives/ids.ts'
import { TimeMs } from '../../primitives/wire-path.ts'
import { route, type RouteContract } from '../route.ts'
import { v1 } from './parts.ts'

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
} as const satisfies Record<string, RouteContract>
