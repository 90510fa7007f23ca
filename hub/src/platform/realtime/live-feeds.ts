import { AppError, type LiveEvent, type Topic } from '@holdfast/shared-types'
import type { Database } from '../database/database.ts'
import type { LiveLog } from '../events/live-log.ts'
import type { Logger } from '../logging/logger.ts'

/** Where events of a subscription go. */
export interface LiveSink {
  /** In order; must not throw. */
  send(event: LiveEvent): void
  /** Resolves when what was sent has left: the pause between two portions of a long replay. */
  drained(): Promise<void>
}

export interface Subscription {
  /** Everything up to this sequence was sent or is not wanted; what follows comes by itself. */
  readonly seq: number
  /** Idempotent. */
  close(): void
}

/** Tells committed events to whoever listens now, and samples that are never kept. */
export interface LiveFeeds {
  /**
   * Sends what came after `lastSeq` (nothing, where it is absent), then everything that happens, in order, without gap or duplicate.
   *
   * @throws AppError `live.sequence-gone` when events after `lastSeq` are not kept any more, or never were
   */
  subscribe(topic: Topic, lastSeq: number | undefined, sink: LiveSink): Promise<Subscription>
  hasListeners(topic: Topic): boolean
  /** Tells those who listen now; nobody else ever. */
  publishSample(event: LiveEvent & { seq: null }): void
  /**
   * Tells what was committed and not announced: where the database died between a commit and its answer, the change is made and nobody
   * knows. The caller decides how often.
   */
  lookAgain(): void
}

/** Events of one read: a portion that a slow browser can take before the next is fetched. */
const readBatch = 500

/** All subscribers of one topic, at one place in its sequence. */
class TopicFeed {
  readonly sinks = new Set<LiveSink>()
  /** Subscriptions that were begun and not ended: the feed is forgotten when there are none. */
  users = 0
  readonly #topic: Topic
  readonly #live: LiveLog
  /** Last sequence that every subscriber has; null while nobody listens. */
  #cursor: number | null = null
  /** One at a time: reads, sends and joins of a topic never overlap, which is what makes "no gap, no duplicate" simple. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(topic: Topic, live: LiveLog) {
    this.#topic = topic
    this.#live = live
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined) // The caller of `work` is told; the next one has its own luck.
    return result
  }

  /** Sends every subscriber what was committed since. */
  async pump(): Promise<void> {
    if (this.#cursor === null || this.sinks.size === 0) return
    for (;;) {
      const { events, hasMore } = await this.#live.read(this.#topic, this.#cursor, readBatch)
      for (const event of events) for (const sink of this.sinks) sink.send(event)
      this.#cursor = events.at(-1)?.seq ?? this.#cursor
      if (!hasMore) return
    }
  }

  /** Adds a subscriber that has everything up to `seq`; sends it what is between there and the others. */
  async join(head: () => Promise<number>, seq: number | undefined, sink: LiveSink): Promise<number> {
    if (this.sinks.size === 0) this.#cursor = await head()
    else await this.pump()
    const cursor = this.#cursor ?? 0
    let reached = seq ?? cursor
    if (reached > cursor) throw new AppError('live.sequence-gone')
    while (reached < cursor) {
      const { events } = await this.#live.read(this.#topic, reached, Math.min(readBatch, cursor - reached))
      if (events.length === 0) throw new AppError('live.sequence-gone')
      reached = sendInOrder(events, reached, sink)
    }
    this.sinks.add(sink)
    return cursor
  }
}

/** @returns the sequence reached. @throws AppError `live.sequence-gone` when one is missing in between */
function sendInOrder(events: readonly LiveEvent[], after: number, sink: LiveSink): number {
  let last = after
  for (const event of events) {
    if (event.seq !== last + 1) throw new AppError('live.sequence-gone')
    sink.send(event)
    last = event.seq
  }
  return last
}

/** Pause before a read that failed is tried again. */
const retryMs = 1000

export function createLiveFeeds(live: LiveLog, database: Database, log: Logger): LiveFeeds {
  const feeds = new Map<Topic, TopicFeed>()
  const enter = (topic: Topic): TopicFeed => {
    const feed = feeds.get(topic) ?? new TopicFeed(topic, live)
    feeds.set(topic, feed)
    feed.users++
    return feed
  }
  const leave = (topic: Topic, feed: TopicFeed): void => {
    feed.users--
    if (feed.users === 0) feeds.delete(topic)
  }
  const pump = (topic: Topic): void => {
    const feed = feeds.get(topic)
    if (feed === undefined) return
    feed
      .inTurn(() => feed.pump())
      .catch((error: unknown) => {
        log.warn({ event: 'live-feed.failed', err: error }, 'Live events could not be read; trying again')
        setTimeout(() => pump(topic), retryMs).unref()
      })
  }
  live.onGrown((topics) => topics.forEach(pump))

  return {
    async subscribe(topic, lastSeq, sink) {
      const feed = enter(topic)
      try {
        // A long way is caught up outside of the topic's turn, so that others do not wait for a slow browser.
        const reached = lastSeq === undefined ? undefined : await catchUp(live, topic, lastSeq, sink)
        const seq = await feed.inTurn(() => feed.join(() => live.head(database.em(), topic), reached, sink))
        return { seq, close: () => feed.sinks.delete(sink) && leave(topic, feed) }
      } catch (error) {
        leave(topic, feed)
        throw error
      }
    },
    hasListeners: (topic) => (feeds.get(topic)?.sinks.size ?? 0) > 0,
    publishSample(event) {
      for (const sink of feeds.get(event.topic)?.sinks ?? []) sink.send(event)
    },
    lookAgain: () => [...feeds.keys()].forEach(pump),
  }
}

/** Sends portions until the last one is small enough for the topic's turn. */
async function catchUp(live: LiveLog, topic: Topic, lastSeq: number, sink: LiveSink): Promise<number> {
  let reached = lastSeq
  for (;;) {
    const { events, hasMore } = await live.read(topic, reached, readBatch)
    if (!hasMore) return reached
    reached = sendInOrder(events, reached, sink)
    await sink.drained()
  }
}
