import { endRunStates, RunKind, type AgentId, type Statistics } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { goodBackup } from './run.entity.ts'

/** What runs tell of themselves; the rest of the statistics is the snapshots' to say. */
export type RunFigures = Pick<Statistics, 'kinds' | 'lastSuccesses' | 'days'>

const dayMs = 86_400_000
const windowDays = 30
/** A device has a handful of sets of sources; a hub with 2,000 devices shows the newest. */
const mostSuccesses = 200

/**
 * Figures of one device, or of all of them. Each of the three statements goes by an index on when runs ended: what is older than the
 * window costs nothing.
 */
export async function runFigures(em: EntityManager, agentId: AgentId | null, nowMs: number): Promise<RunFigures> {
  const [kinds, days, lastSuccesses] = [
    await countOutcomes(em, agentId, nowMs),
    await countDays(em, agentId, nowMs),
    await findLastSuccesses(em, agentId),
  ]
  return { kinds, days, lastSuccesses }
}

type Kind = Statistics['kinds'][number]
type Outcomes = Kind['last24Hours']
type OutcomeRow = Readonly<Record<string, string | null>> & { readonly kind: Kind['kind'] }

const windows = { last24Hours: 1, last7Days: 7, last30Days: windowDays } as const
const windowNames = Object.keys(windows) as (keyof typeof windows)[]

/** `state` is of a fixed list, and so are names and days: nothing of a request becomes a part of a statement. */
const outcomeColumns = windowNames.flatMap((name) =>
  endRunStates.map(
    (state) =>
      `count(*) filter (where state = '${state}' and finished_at > ?::timestamptz - interval '${windows[name]} days') as "${name} ${state}"`,
  ),
)

/** What restricts a statement to a device; with its parameters. */
const ofAgent = (agentId: AgentId | null): { readonly sql: string; readonly values: readonly string[] } =>
  agentId === null ? { sql: '', values: [] } : { sql: 'and agent_id = ?', values: [agentId] }

async function countOutcomes(em: EntityManager, agentId: AgentId | null, nowMs: number): Promise<Kind[]> {
  const now = new Date(nowMs).toISOString()
  const only = ofAgent(agentId)
  const rows = await em.execute<OutcomeRow[]>(
    `select kind, ${outcomeColumns.join(', ')},
       round(avg(extract(epoch from finished_at - started_at) * 1000) filter (where state in ('succeeded', 'warning'))) as average
     from run
     where finished_at > ?::timestamptz - interval '${windowDays} days' and finished_at <= ?::timestamptz ${only.sql}
     group by kind`,
    [...outcomeColumns.map(() => now), now, now, ...only.values],
  )
  return RunKind.options.map((kind) => presentKind(kind, rows.find((row) => row.kind === kind) ?? { kind }))
}

function presentKind(kind: Kind['kind'], row: OutcomeRow): Kind {
  const outcomes = (name: string): Outcomes =>
    Object.fromEntries(endRunStates.map((state) => [state, Number(row[`${name} ${state}`] ?? 0)])) as Outcomes
  const average = row['average'] ?? null
  return {
    kind,
    last24Hours: outcomes('last24Hours'),
    last7Days: outcomes('last7Days'),
    last30Days: outcomes('last30Days'),
    // A clock that was set back must not make a negative one.
    averageDurationMs: average === null ? null : Math.max(0, Number(average)),
  }
}

type Day = Statistics['days'][number]
interface DayRow {
  readonly day: string
  readonly backups: string
  readonly read: string | null
  readonly stored: string | null
}

async function countDays(em: EntityManager, agentId: AgentId | null, nowMs: number): Promise<Day[]> {
  const firstDay = new Date(nowMs - (windowDays - 1) * dayMs).toISOString().slice(0, 10)
  const only = ofAgent(agentId)
  const rows = await em.execute<DayRow[]>(
    `select to_char(finished_at at time zone 'UTC', 'YYYY-MM-DD') as day, count(*) as backups,
       sum((result->>'bytesRead')::numeric) as read, sum((result->>'bytesStored')::numeric) as stored
     from run
     where finished_at >= ?::timestamptz and finished_at <= ?::timestamptz ${only.sql}
       and ${goodBackup}
     group by 1`,
    [`${firstDay}T00:00:00Z`, new Date(nowMs).toISOString(), ...only.values],
  )
  const found = new Map(rows.map((row) => [row.day, row]))
  return Array.from({ length: windowDays }, (_, index) => {
    const day = new Date(Date.parse(`${firstDay}T00:00:00Z`) + index * dayMs).toISOString().slice(0, 10)
    const row = found.get(day)
    return { day, backups: Number(row?.backups ?? 0), bytesRead: Number(row?.read ?? 0), bytesStored: Number(row?.stored ?? 0) }
  })
}

type Success = Statistics['lastSuccesses'][number]
interface SuccessRow {
  readonly agent_id: AgentId
  readonly id: Success['runId']
  readonly sources: Success['sources']
  readonly finished_at: Date | string
  readonly state: string
}

const newestFirst = 'order by agent_id desc, source_key desc, finished_at desc limit 1'

/**
 * One row a set of sources, however many runs it had: the newest run of the last key, from there that of the key before, and so on, so that
 * the index is entered once a key instead of being read through. (`select distinct on` would read every run there ever was, and the
 * newest of a given key by itself is looked for among all the newer runs of other keys.)
 */
export const lastSuccessesSql = (only: string): string => `
  with recursive newest as (
    (select id, agent_id, source_key from run where ${goodBackup} ${only} ${newestFirst})
    union all
    select before.* from newest, lateral (
      select id, agent_id, source_key from run
      where ${goodBackup} and (agent_id, source_key) < (newest.agent_id, newest.source_key) ${only} ${newestFirst}) as before
  )
  select run.id, run.agent_id, run.request->'sources' as sources, run.finished_at, run.state
  from newest join run on run.id = newest.id
  order by run.finished_at desc limit ${mostSuccesses}`

async function findLastSuccesses(em: EntityManager, agentId: AgentId | null): Promise<Success[]> {
  const only = ofAgent(agentId)
  const rows = await em.execute<SuccessRow[]>(lastSuccessesSql(only.sql), [...only.values, ...only.values])
  return rows.map((row) => ({
    agentId: row.agent_id,
    runId: row.id,
    sources: row.sources,
    finishedAtMs: new Date(row.finished_at).getTime(),
    hadWarnings: row.state === 'warning',
  }))
}
