import { liveEventBodies, type LiveEvent, type LiveEventType, type Topic } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { InferKyselyDB } from '@mikro-orm/sql'
import { sql, type Kysely } from 'kysely'
import type { z } from 'zod'
import type { Database } from '../database/database.ts'
import { storableJson } from '../database/storable.ts'
import { afterCommit, beforeCommit } from '../database/unit-of-work.ts'
import type { LiveEventEntity, LiveTopicEntity } from './live-event.entity.ts'

/*
 * Events for browsers that no subscriber can miss or get twice.
 *
 * A subscriber says "I have seen everything up to N" and gets what is greater. That is only true if no event with a number below N
 * can appear later. A sequence of Postgres (bigserial) cannot promise it: numbers are given out when a row is inserted, but rows
 * appear when their transaction commits, so 7 may become visible after 8 was read, and is lost for whoever went on from 8.
 *
 * Here a number comes from the topic's row in `live_topic`, whose lock is held until the commit: whoever takes 8 has waited until the
 * transaction with 7 was committed, or rolled back and its number with it. Per topic, order of numbers = order of commits, without
 * gaps. Topics are locked last in a transaction and in one order, so writers wait shortly and never for each other in a circle.
 */

type BodyOf<T extends LiveEventType> = z.output<(typeof liveEventBodies)[T]>
/** Samples are not kept, so they cannot be appended. */
export type KeptEventType = Exclude<LiveEventType, 'run.progress' | 'measurement.changed'>

export interface LivePortion {
  readonly events: readonly LiveEvent[]
  /** False: this was all there is now. True: there may be more. */
  readonly hasMore: boolean
}

export interface LiveLog {
  /** Adds an event to a topic; visible and told with the commit of the transaction of `em`. */
  append<T extends KeptEventType>(em: EntityManager, topic: Topic, type: T, body: BodyOf<T>): void
  /** The last sequence of a topic that is visible to `em`; 0 for a topic without events. */
  head(em: EntityManager, topic: Topic): Promise<number>
  /** The same of several, at one moment. */
  heads(em: EntityManager, topics: readonly Topic[]): Promise<ReadonlyMap<Topic, number>>
  /** The next events after a sequence, in order: `limit` at most, and of large ones so many as make up 1 MiB. */
  read(topic: Topic, afterSeq: number, limit: number): Promise<LivePortion>
  /** Called after a commit with the topics that grew. */
  onGrown(listener: (topics: readonly Topic[]) => void): void
  /** Removes events that are older than 7 days, and all but the newest 50,000 of a topic. @returns how many went */
  prune(): Promise<number>
}

/** A browser that was away for longer reads the state anew (`live.sequence-gone`). Log lines of runs are kept for good in run_log. */
const keepDays = 7
/** 50,000: a day of a hub with 2,000 devices on the topics `devices` and `runs`, or the log of one very talkative run; ≈ 50 MB. */
const keepPerTopic = 50_000
/** Text of the events of one portion; one event, however large (a run with 10,000 paths has 1 MiB), is always given. */
const portionBytes = 1024 * 1024
/** Rows of one delete: short locks on a table that is written all the time. */
const pruneBatch = 5000

interface Pending {
  readonly topic: Topic
  readonly type: KeptEventType
  readonly body: string
}

type Tables = InferKyselyDB<typeof LiveTopicEntity | typeof LiveEventEntity>
const tables = (em: EntityManager): Kysely<Tables> => em.getKysely<Tables>({ convertValues: true })

export interface LiveLogOptions {
  readonly database: Database
  readonly now: () => number
  /** Bodies are parsed by the contract: for tests and development. */
  readonly checkBodies: boolean
}

export function createLiveLog({ database, now, checkBodies }: LiveLogOptions): LiveLog {
  const listeners: ((topics: readonly Topic[]) => void)[] = []
  const pendingByManager = new WeakMap<EntityManager, Pending[]>()

  const open = (em: EntityManager): Pending[] => {
    const pending: Pending[] = []
    pendingByManager.set(em, pending)
    beforeCommit(em, () => write(em, pending, new Date(now())))
    afterCommit(em, () => {
      const topics = [...new Set(pending.map((event) => event.topic))]
      for (const listener of listeners) listener(topics)
    })
    return pending
  }

  return {
    append(em, topic, type, body) {
      const checked = checkBodies ? liveEventBodies[type].parse(body) : body
      const pending = pendingByManager.get(em) ?? open(em)
      pending.push({ topic, type, body: JSON.stringify(storableJson(checked)) })
    },
    head: async (em, topic) => (await readHeads(em, [topic])).get(topic) ?? 0,
    heads: readHeads,
    read: (topic, afterSeq, limit) => readPortion(database.em(), topic, afterSeq, limit),
    onGrown: (listener) => void listeners.push(listener),
    prune: () => prune(database, new Date(now() - keepDays * 86_400_000)),
  }
}

async function readHeads(em: EntityManager, topics: readonly Topic[]): Promise<ReadonlyMap<Topic, number>> {
  const rows = await tables(em).selectFrom('live_topic').select(['topic', 'last_seq']).where('topic', 'in', topics).execute()
  const known = new Map(rows.map(({ topic, last_seq }) => [topic, last_seq]))
  return new Map(topics.map((topic) => [topic, known.get(topic) ?? 0]))
}

async function readPortion(em: EntityManager, topic: Topic, afterSeq: number, limit: number): Promise<LivePortion> {
  // Measured and cut in the database: what is too much never comes here.
  const next = tables(em)
    .selectFrom('live_event')
    .selectAll()
    .where('topic', '=', topic)
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .limit(limit)
  const own = sql<number>`octet_length(body::text)`
  const weighed = tables(em)
    .selectFrom(next.as('next'))
    .select(['seq', 'type', 'at', 'body'])
    .select(sql<string>`sum(${own}) over (order by seq) - ${own}`.as('before'))
    .select(sql<string>`count(*) over ()`.as('found'))
  const rows = await tables(em)
    .selectFrom(weighed.as('weighed'))
    .selectAll()
    .where('before', '<', String(portionBytes))
    .orderBy('seq')
    .execute()
  const events = rows.map(({ seq, type, at, body }) => ({ topic, seq, type, atMs: new Date(at).getTime(), body }) as LiveEvent)
  const found = Number(rows[0]?.found ?? 0)
  return { events, hasMore: found === limit || events.length < found }
}

/** Takes the numbers and writes the events: two statements, whatever the count. */
async function write(em: EntityManager, pending: readonly Pending[], at: Date): Promise<void> {
  const countByTopic = new Map<Topic, number>()
  for (const event of pending) countByTopic.set(event.topic, (countByTopic.get(event.topic) ?? 0) + 1)
  // One order for all writers, or two of them could wait for each other's topic.
  const topics = [...countByTopic.keys()].toSorted()
  const counts = topics.map((topic) => countByTopic.get(topic) ?? 0)
  const taken = await sql<{ topic: Topic; last_seq: string }>`
    insert into live_topic (topic, last_seq)
    select topic, n from unnest(${topics}::text[], ${counts}::bigint[]) with ordinality as wanted (topic, n, place) order by place
    on conflict (topic) do update set last_seq = live_topic.last_seq + excluded.last_seq
    returning topic, last_seq`.execute(tables(em))
  const nextByTopic = new Map(taken.rows.map((row) => [row.topic, Number(row.last_seq) - (countByTopic.get(row.topic) ?? 0) + 1]))
  const seqs = pending.map((event) => {
    const seq = nextByTopic.get(event.topic) ?? 0
    nextByTopic.set(event.topic, seq + 1)
    return seq
  })
  await sql`
    insert into live_event (topic, seq, type, at, body)
    select topic, seq, type, ${at}::timestamptz, body from unnest(
      ${pending.map((event) => event.topic)}::text[], ${seqs}::bigint[],
      ${pending.map((event) => event.type)}::text[], ${pending.map((event) => event.body)}::jsonb[]) as event (topic, seq, type, body)`.execute(
    tables(em),
  )
}

async function prune(database: Database, before: Date): Promise<number> {
  let removed = 0
  for (;;) {
    const result = await sql`
      delete from live_event where (topic, seq) in (
        select e.topic, e.seq from live_event e join live_topic t on t.topic = e.topic
        where e.at < ${before}::timestamptz or e.seq <= t.last_seq - ${keepPerTopic}::bigint limit ${pruneBatch}::int)`.execute(
      tables(database.em()),
    )
    const rows = Number(result.numAffectedRows ?? 0n)
    removed += rows
    if (rows < pruneBatch) return removed
  }
}
