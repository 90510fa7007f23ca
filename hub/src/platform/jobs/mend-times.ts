import type { PgBoss } from 'pg-boss'

/** The queue's own schema, beside the hub's tables. */
export const jobsSchema = 'holdfast_jobs'

/** No job of ours waits longer for its turn. */
const longestWait = '1 hour'

/**
 * After a clock that was ahead was put right: pg-boss 12.35 looks at schedules again only when the time of its last look has come once more, which may be months, and a
 * job that waits for a time in the future keeps others of its kind and key away. Cheap, and changes nothing where clocks go on as they should.
 */
export async function mendTimes(db: ReturnType<PgBoss['getDb']>): Promise<void> {
  await db.executeSql(`
    update ${jobsSchema}.version set
      cron_on = least(cron_on, now()), bam_on = least(bam_on, now()), flow_on = least(flow_on, now()), reindex_on = least(reindex_on, now())
    where greatest(cron_on, bam_on, flow_on, reindex_on) > now() + interval '1 minute'`)
  await db.executeSql(`
    update ${jobsSchema}.queue set monitor_claim_on = least(monitor_claim_on, now()), maintain_on = least(maintain_on, now())
    where greatest(monitor_claim_on, maintain_on) > now() + interval '1 minute'`)
  await db.executeSql(
    `update ${jobsSchema}.job set start_after = now() where state < 'active' and start_after > now() + interval '${longestWait}'`,
  )
}
