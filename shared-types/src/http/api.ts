import type { RouteContract } from './route.ts'
import { agentDataRoutes } from './routes/agent-data.ts'
import { devicesRoutes } from './routes/devices.ts'
import { plansRoutes } from './routes/plans.ts'
import { hostsRoutes } from './routes/hosts.ts'
import { purgesRoutes } from './routes/purges.ts'
import { retentionRoutes } from './routes/retention.ts'
import { runsRoutes } from './routes/runs.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { snapshotsRoutes } from './routes/snapshots.ts'
import { statisticsRoutes } from './routes/statistics.ts'
import { apiTokensRoutes } from './routes/api-tokens.ts'
import { auditRoutes } from './routes/audit.ts'
import { peopleRoutes } from './routes/people.ts'
import { systemRoutes } from './routes/system.ts'
import { vaultKeysRoutes } from './routes/vault-keys.ts'
import { vaultsRoutes } from './routes/vaults.ts'

/** Every call of the hub. Names are operation ids and stable. */
export const api = {
  ...systemRoutes,
  ...signInRoutes,
  ...devicesRoutes,
  ...plansRoutes,
  ...retentionRoutes,
  ...hostsRoutes,
  ...runsRoutes,
  ...statisticsRoutes,
  ...peopleRoutes,
  ...apiTokensRoutes,
  ...auditRoutes,
  ...vaultsRoutes,
  ...purgesRoutes,
  ...vaultKeysRoutes,
  ...snapshotsRoutes,
  ...agentDataRoutes,
} as const satisfies Record<string, RouteContract>

export type Api = typeof api
export type OperationId = keyof Api
