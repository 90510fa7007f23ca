import type { IncomingHttpHeaders } from 'node:http'
import type { Health, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { z } from 'zod'
import type { Actor } from '../../platform/http/actor.ts'
import { lookingCommand, type Feature, type RequestContext } from '../../platform/http/define-feature.ts'
import type { HubServices } from '../../platform/services.ts'
import { administratorHasPassword } from '../users/index.ts'
import { hubConditions, type HubConditions } from './hub-conditions.ts'
import { runHealthChecks, type HealthCheck } from './run-health-checks.ts'
import { testDatabase } from './test-database.ts'

export interface SystemDeps extends Omit<HubConditions, 'disks'> {
  readonly hubVersion: string
  vaultsWithoutRecoveryKey(em: EntityManager): Promise<VaultId[]>
  /** Those of all features. */
  healthChecks(): Readonly<Record<string, HealthCheck>>
  readonly resolveActor: (headers: IncomingHttpHeaders, address: string) => Promise<Actor>
}

export function createSystem({ database, diskSpace, hubId, now, origin, log }: HubServices, deps: SystemDeps): Feature {
  const startedAtMs = performance.now()
  const facts = async (em: EntityManager) => ({
    hubId,
    version: deps.hubVersion,
    timeMs: now(),
    firstRun: !(await administratorHasPassword(em)),
    vaultsWithoutRecoveryKey: await deps.vaultsWithoutRecoveryKey(em),
  })

  /** Load balancers and orchestrators look at the status alone, and need no account for it; people see why. */
  const health = async (ctx: RequestContext): Promise<Health> => {
    const { status, checks, details } = await runHealthChecks(deps.healthChecks(), log)
    ctx.setStatus(status === 'ok' ? 200 : 503)
    if (!(await isPerson(deps, ctx))) return { status, checks }
    const uptimeMs = Math.round(performance.now() - startedAtMs)
    return {
      status,
      checks,
      details: {
        version: deps.hubVersion,
        uptimeMs,
        checks: { ...details, ...hubConditions({ ...deps, disks: () => diskSpace.states() }, now()) },
      },
    }
  }
  return {
    name: 'system',
    routes: {
      healthLive: async () => ({ status: 'ok', checks: {} }),
      healthReady: ({ ctx }) => health(ctx),
      health: ({ ctx }) => health(ctx),
      getSystem: ({ em }) => facts(em),
      testDatabase: () => testDatabase(database),
    },
    healthChecks: { database: () => database.ping() },
    adminCommands: { status: lookingCommand(z.strictObject({}), async (_, em) => ({ ...(await facts(em)), origin: origin() })) },
  }
}

/** Whoever cannot be known while the database is away is nobody: health has to answer then above all. */
async function isPerson({ resolveActor }: SystemDeps, { headers, address }: RequestContext): Promise<boolean> {
  try {
    return (await resolveActor(headers, address)).kind === 'user'
  } catch {
    // An old cookie, a token that proves nothing, no database: the short answer is right for all of them.
    return false
  }
}
