import type { VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { z } from 'zod'
import { lookingCommand, type Feature } from '../../platform/http/define-feature.ts'
import type { HubServices } from '../../platform/services.ts'
import { administratorHasPassword } from '../users/index.ts'
import { runHealthChecks, type HealthCheck } from './run-health-checks.ts'

export interface SystemDeps {
  readonly hubVersion: string
  vaultsWithoutRecoveryKey(em: EntityManager): Promise<VaultId[]>
  /** Those of all features. */
  healthChecks(): Readonly<Record<string, HealthCheck>>
}

export function createSystem({ database, hubId, now, origin, log }: HubServices, deps: SystemDeps): Feature {
  const ready = () => runHealthChecks(deps.healthChecks(), log)
  const facts = async (em: EntityManager) => ({
    hubId,
    version: deps.hubVersion,
    timeMs: now(),
    firstRun: !(await administratorHasPassword(em)),
    vaultsWithoutRecoveryKey: await deps.vaultsWithoutRecoveryKey(em),
  })
  return {
    name: 'system',
    routes: {
      healthLive: async () => ({ status: 'ok', checks: {} }),
      healthReady: async ({ ctx }) => answerHealth(await ready(), ctx),
      health: async ({ ctx }) => answerHealth(await ready(), ctx),
      getSystem: ({ em }) => facts(em),
    },
    healthChecks: { database: () => database.ping() },
    adminCommands: { status: lookingCommand(z.strictObject({}), async (_, em) => ({ ...(await facts(em)), origin: origin() })) },
  }
}

type Health = Awaited<ReturnType<typeof runHealthChecks>>

/** 503 where something fails: load balancers and orchestrators look at nothing else. */
function answerHealth(health: Health, ctx: { setStatus(status: 200 | 503): void }): Health {
  ctx.setStatus(health.status === 'ok' ? 200 : 503)
  return health
}
