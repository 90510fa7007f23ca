import { AppError, type RunId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { KnownActor } from '../../platform/http/actor.ts'
import type { RunRow } from './run.entity.ts'
import { maySeeRun } from './runs.access.ts'
import { findRun } from './runs.queries.ts'

/** @throws AppError `run.not-found`, also for one that the actor may not see */
export async function requireVisibleRun(em: EntityManager, actor: KnownActor, runId: RunId): Promise<RunRow> {
  const run = await findRun(em, runId)
  if (run === null || !maySeeRun(actor, run.agentId)) throw new AppError('run.not-found')
  return run
}
