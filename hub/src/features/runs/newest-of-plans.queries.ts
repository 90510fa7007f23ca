import type { PlanId, RunId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import { goodBackup, RunEntity, type RunRow } from './run.entity.ts'

/**
 * The newest runs of the plan `p`, as conditions and as an order. Only the plan's own index answers them: by `=` and time alone Postgres may go back through the runs of all
 * plans, to find after the last one that this plan has none.
 */
const ofPlan = sql`run.plan_id between p.plan_id and p.plan_id`
const newestFirst = sql`order by run.plan_id desc, run.created_at desc`

/**
 * The newest ended run of each plan, and the newest that has not; never both of them for one that has only one. One that was cancelled says
 * nothing of what it did not come to: it counts only where the plan has no other.
 */
export async function newestOfPlans(em: EntityManager, planIds: readonly PlanId[]): Promise<RunRow[]> {
  if (planIds.length === 0) return []
  const ids = [...planIds]
  // One step into the index of each plan for what has ended, and a look at the few that have not: one that works is shown before one that waits for its end.
  const { rows } = await sql<{ id: RunId | null }>`
    select coalesce(
      (select id from run where ${ofPlan} and finished_at is not null and state <> 'cancelled' ${newestFirst} limit 1),
      (select id from run where ${ofPlan} and finished_at is not null ${newestFirst} limit 1)) as id
    from unnest(${ids}::uuid[]) as p(plan_id)
    union all
    (select distinct on (plan_id) id from run where finished_at is null and plan_id = any(${ids}::uuid[])
     order by plan_id, state = 'queued', created_at desc)`.execute(em.getKysely({ convertValues: true }))
  const found = rows.flatMap(({ id }) => (id === null ? [] : [id]))
  return em.find(RunEntity, { id: { $in: found } }, { exclude: ['warnings', 'request'] }) as unknown as Promise<RunRow[]>
}

/** When the newest good backup of each plan ended; without those that have none. A look at the newest few of each, however many there are. */
export async function lastGoodOfPlans(em: EntityManager, planIds: readonly PlanId[]): Promise<ReadonlyMap<PlanId, number>> {
  if (planIds.length === 0) return new Map()
  const { rows } = await sql<{ plan_id: PlanId; finished_at: Date | string }>`
    select p.plan_id, r.finished_at from unnest(${[...planIds]}::uuid[]) as p(plan_id) cross join lateral (
      select finished_at from run where ${ofPlan} and ${sql.raw(goodBackup)} ${newestFirst} limit 1
    ) r where r.finished_at is not null`.execute(em.getKysely({ convertValues: true }))
  return new Map(rows.map((row) => [row.plan_id, new Date(row.finished_at).getTime()]))
}
