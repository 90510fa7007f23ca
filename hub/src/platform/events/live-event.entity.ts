import type { LiveEvent, Topic } from '@holdfast/shared-types'
import { defineEntity, p } from '@mikro-orm/core'

/** The last sequence given out on a topic; its row lock puts the writers of the topic in line (live-log.ts says why). */
export const LiveTopicEntity = defineEntity({
  name: 'LiveTopic',
  tableName: 'live_topic',
  properties: {
    topic: p.text().$type<Topic>().primary(),
    lastSeq: p.bigint('number'),
  },
})

/** One event that browsers may ask for again, for a limited time. */
export const LiveEventEntity = defineEntity({
  name: 'LiveEvent',
  tableName: 'live_event',
  properties: {
    topic: p.text().$type<Topic>().primary(),
    seq: p.bigint('number').primary(),
    type: p.text().$type<LiveEvent['type']>(),
    at: p.datetime(3),
    body: p.json().$type<LiveEvent['body']>(),
  },
  indexes: [{ name: 'live_event_at_index', properties: ['at'] }],
})
