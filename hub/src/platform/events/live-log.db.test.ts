import { randomUUID } from 'node:crypto'
import type { LiveEvent, Topic } from '@holdfast/shared-types'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { entities } from '../../wiring/entities.ts'
import { openDatabase, type Database } from '../database/database.ts'
import { createTestDatabase, type TestDatabase } from '../database/testing/test-database.ts'
import { silentLogger } from '../logging/logger.ts'
import { createLiveFeeds, type LiveFeeds, type LiveSink } from '../realtime/live-feeds.ts'
import { createLiveLog, type LiveLog } from './live-log.ts'

let place: TestDatabase
let database: Database
let nowMs = Date.now()
let live: LiveLog
let feeds: LiveFeeds
let topic: Topic

beforeAll(async () => {
  place = await createTestDatabase()
  database = await openDatabase({ connection: place.connection, entities, migrations, log: silentLogger })
  live = createLiveLog({ database, now: () => nowMs, checkBodies: true })
  feeds = createLiveFeeds(live, database, silentLogger)
})
afterAll(async () => {
  await database.close()
  await place.drop()
})
beforeEach(() => {
  topic = `run:${randomUUID()}`
})

const line = (seq: number) => ({ seq, atMs: nowMs, level: 'info' as const, event: 'test.line', message: `line ${seq}`, path: null })
const append = (count: number, on: Topic = topic) =>
  database.transaction(async (em) => {
    for (let i = 1; i <= count; i++) live.append(em, on, 'run.log', line(i))
  })

interface Heard extends LiveSink {
  readonly seqs: (number | null)[]
}
const listener = (): Heard => {
  const seqs: (number | null)[] = []
  return { seqs, send: (event: LiveEvent) => void seqs.push(event.seq), drained: async () => undefined }
}
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

describe('sequence of a topic', () => {
  test('counts from one without a gap, and a failed transaction takes none', async () => {
    await append(2)
    const failed = database.transaction(async (em) => {
      live.append(em, topic, 'run.log', line(9))
      throw new Error('rolled back')
    })
    await expect(failed).rejects.toThrow('rolled back')
    await append(1)
    expect((await live.read(topic, 0, 100)).events.map((event) => event.seq)).toEqual([1, 2, 3])
    expect(await live.head(database.em(), topic)).toBe(3)
    const silent: Topic = `run:${randomUUID()}`
    expect([...(await live.heads(database.em(), [silent, topic]))]).toEqual([
      [silent, 0],
      [topic, 3],
    ])
  })

  test('follows the order of commits, however writers race', async () => {
    const other: Topic = `run:${randomUUID()}`
    const committed: number[] = []
    // Both topics in both orders: writers that lock as they please would wait for each other for ever.
    const writers = Array.from({ length: 60 }, (_, i) =>
      database
        .transaction(async (em) => {
          const order: Topic[] = i % 2 === 0 ? [topic, other] : [other, topic]
          for (const next of order) live.append(em, next, 'run.log', line(i + 1))
          if (i % 7 === 0) throw new Error('rolled back')
        })
        .then(
          () => committed.push(i + 1),
          () => undefined,
        ),
    )
    await Promise.all(writers)
    for (const written of [topic, other]) {
      const { events } = await live.read(written, 0, 1000)
      expect(events.map((event) => event.seq)).toEqual(upTo(committed.length))
      const lines = events.map((event) => (event.type === 'run.log' ? event.body.seq : 0))
      expect(lines.toSorted((a, b) => a - b)).toEqual(committed.toSorted((a, b) => a - b))
    }
  })

  test('keeps what Postgres cannot, as names of files may hold it, in its stead', async () => {
    const odd = { ...line(1), message: 'zero \u0000, half a pair \ud83d' }
    await database.transaction(async (em) => live.append(em, topic, 'run.log', odd))
    expect((await live.read(topic, 0, 1)).events).toMatchObject([{ body: { message: 'zero \ufffd, half a pair \ufffd' } }])
  })

  test('refuses a body that is not of the contract', async () => {
    const wrong = database.transaction(async (em) => live.append(em, topic, 'run.log', { ...line(1), level: 'loud' as never }))
    await expect(wrong).rejects.toThrow(/level/)
  })
})

describe('subscription', () => {
  test('brings what comes, to all who listen, once and in order', async () => {
    await append(3)
    const [first, second] = [listener(), listener()]
    expect((await feeds.subscribe(topic, undefined, first)).seq).toBe(3)
    await append(2)
    await feeds.subscribe(topic, 1, second)
    await append(1)
    await expect.poll(() => [first.seqs, second.seqs]).toEqual([upTo(6, 4), upTo(6, 2)])
  })

  test('has no gap and no duplicate while many write and listeners come, go and come back', async () => {
    const reached: number[] = []
    const writers = Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let i = 0; i < 40; i++) await append(3)
      }),
    )
    // Two browsers that lose their connection at random and resume with the last sequence they saw.
    const browsers = Array.from({ length: 2 }, async (_, n) => {
      const heard = listener()
      for (let round = 0; round < 12; round++) {
        const subscription = await feeds.subscribe(topic, heard.seqs.at(-1) ?? 0, heard)
        await new Promise((resolve) => setTimeout(resolve, 5 + 9 * n))
        subscription.close()
      }
      await writers
      await feeds.subscribe(topic, heard.seqs.at(-1) ?? 0, heard)
      await expect.poll(() => heard.seqs.at(-1)).toBe(480)
      reached.push(heard.seqs.length)
      expect(heard.seqs).toEqual(upTo(480))
    })
    await Promise.all([...browsers, writers])
    expect(reached).toEqual([480, 480])
  })

  test('catches up over many portions and waits for a slow browser in between', async () => {
    await append(1700)
    const heard = listener()
    let waits = 0
    await feeds.subscribe(topic, 100, { send: (event) => heard.send(event), drained: async () => void waits++ })
    expect(heard.seqs).toEqual(upTo(1700, 101))
    expect(waits).toBe(3)
  })

  test('is caught up in portions of bytes where events are large: none is held by the hundred', async () => {
    const large = { ...line(1), message: 'x'.repeat(300_000) }
    await database.transaction(async (em) => {
      for (let i = 1; i <= 12; i++) live.append(em, topic, 'run.log', large)
    })
    const first = await live.read(topic, 0, 500)
    expect(first).toMatchObject({ hasMore: true })
    expect(first.events.map((event) => event.seq)).toEqual(upTo(4))
    const heard = listener()
    let waits = 0
    await feeds.subscribe(topic, 0, { send: (event) => heard.send(event), drained: async () => void waits++ })
    expect(heard.seqs).toEqual(upTo(12))
    expect(waits).toBeGreaterThanOrEqual(2)
    await append(1)
    await expect.poll(() => heard.seqs.at(-1)).toBe(13)
  })

  test('ends with its close, also when another one goes on', async () => {
    const [first, second] = [listener(), listener()]
    const subscription = await feeds.subscribe(topic, undefined, first)
    await feeds.subscribe(topic, undefined, second)
    subscription.close()
    subscription.close()
    await append(1)
    await expect.poll(() => second.seqs).toEqual([1])
    expect(first.seqs).toEqual([])
  })

  test('passes samples on to those who listen, without a sequence', async () => {
    const heard = listener()
    await feeds.subscribe(topic, undefined, heard)
    const sample = {
      phase: 'scanning' as const,
      filesDone: 0,
      bytesDone: 0,
      filesTotal: null,
      bytesTotal: null,
      filesRead: 0,
      bytesRead: 0,
      bytesStored: 0,
      warnings: 0,
      currentPath: null,
      elapsedMs: 1,
    }
    feeds.publishSample({ topic, seq: null, type: 'run.progress', atMs: 1, body: { runId: topic.slice(4) as never, sample } })
    expect(heard.seqs).toEqual([null])
    expect(await live.head(database.em(), topic)).toBe(0)
  })

  test('refuses a sequence that never was', async () => {
    await append(2)
    await expect(feeds.subscribe(topic, 3, listener())).rejects.toMatchObject({ code: 'live.sequence-gone' })
  })
})

describe('pruning', () => {
  test('removes what is older than a week; who asks for it is told instead of getting a gap', async () => {
    await append(5)
    nowMs += 8 * 86_400_000
    await append(2)
    expect(await live.prune()).toBeGreaterThanOrEqual(5)
    await expect(feeds.subscribe(topic, 3, listener())).rejects.toMatchObject({ code: 'live.sequence-gone' })
    const heard = listener()
    await feeds.subscribe(topic, 5, heard)
    expect(heard.seqs).toEqual([6, 7])
    expect(await live.head(database.em(), topic)).toBe(7)
  })
})

test('what was committed without a word, as by a database that died with its answer, is told at the next look', async () => {
  const heard = listener()
  const subscription = await feeds.subscribe(topic, undefined, heard)
  // The same log by another hand: what it announces is not heard here.
  const mute = createLiveLog({ database, now: () => nowMs, checkBodies: true })
  await database.transaction(async (em) => mute.append(em, topic, 'run.log', line(1)))
  expect(heard.seqs).toEqual([])
  feeds.lookAgain()
  await expect.poll(() => heard.seqs).toEqual([1])
  subscription.close()
})
