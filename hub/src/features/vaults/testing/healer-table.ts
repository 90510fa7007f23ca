import { randomUUID } from 'node:crypto'
import { RunId, type AgentId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { sql } from 'kysely'
import type { Database } from '../../../platform/database/database.ts'
import type { HealAnswer, HealersDoor, HealWork, MadeBackup } from '../doors/doors.ts'

const unfinished = sql`state not in ('succeeded', 'warning', 'failed', 'cancelled', 'expired')`

/** The front door of healing on the real table of runs: what a snapshot says of its plan is what made it. */
export class HealerTable implements HealersDoor {
  readonly offline = new Set<AgentId>()
  /** Names of plans. */
  readonly switchedOff = new Set<string>()
  readonly gone = new Set<string>()
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  isOnline(agentId: AgentId): boolean {
    return !this.offline.has(agentId)
  }

  async worksOf(_: EntityManager, __: AgentId, made: readonly MadeBackup[]): Promise<(HealWork | null)[]> {
    return made.map(({ runId, plan }) => (runId === null || this.gone.has(plan ?? '') ? null : { key: plan ?? '', from: { runId } }))
  }

  async openHeals(em: EntityManager): Promise<{ agentId: AgentId; key: string }[]> {
    const { rows } = await sql<{ agent_id: AgentId; source_key: string }>`
      select agent_id, source_key from run where trigger = 'heal' and ${unfinished}`.execute(em.getKysely())
    return rows.map((row) => ({ agentId: row.agent_id, key: row.source_key.split(' ')[1] ?? '' }))
  }

  async order({ key, from }: HealWork): Promise<HealAnswer> {
    if (this.switchedOff.has(key)) return { kind: 'waits' }
    if (!('runId' in from)) return { kind: 'never' }
    const id = RunId.parse(randomUUID())
    await sql`insert into run (id, agent_id, kind, state, fence, source_key, request, requested_by, trigger, created_at, offer_count, warnings, warning_count, last_log_seq, last_event_number)
      select ${id}::uuid, agent_id, 'backup', 'queued', 0, ${`${id} ${key}`}, request, 'Holdfast', 'heal', now(), 0, '[]'::jsonb, 0, 0, 0 from run where id = ${from.runId}`.execute(
      this.#database.em().getKysely(),
    )
    return { kind: 'ordered', runId: id }
  }

  /** Devices that are asked, in the order in which they were, with the run of each. */
  async asked(): Promise<{ agentId: AgentId; runId: RunId }[]> {
    const { rows } = await sql<{ agentId: AgentId; runId: RunId }>`
      select agent_id as "agentId", id as "runId" from run where trigger = 'heal' order by created_at, id`.execute(
      this.#database.em().getKysely(),
    )
    return rows
  }

  /** It comes to its end, whatever it did. */
  async end(runId: RunId, state: 'succeeded' | 'failed' | 'cancelled'): Promise<void> {
    await sql`update run set state = ${state}, finished_at = now() where id = ${runId}`.execute(this.#database.em().getKysely())
  }

  /** Its device takes it. */
  async take(runId: RunId): Promise<void> {
    await sql`update run set state = 'running', fence = 1, source_key = source_key where id = ${runId}`.execute(
      this.#database.em().getKysely(),
    )
  }
}
