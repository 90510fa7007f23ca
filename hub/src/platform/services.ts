import type { HubId } from '@holdfast/shared-types'
import type { HubConfig } from '../config/config-schema.ts'
import type { Database } from './database/database.ts'
import type { DiskSpace } from './disk-space/disk-space.ts'
import type { DomainEventBus } from './events/domain-events.ts'
import type { LiveLog } from './events/live-log.ts'
import type { Jobs } from './jobs/jobs.ts'
import type { Logger } from './logging/logger.ts'
import type { AgentLinks } from './realtime/agent-links.ts'
import type { LiveFeeds } from './realtime/live-feeds.ts'

/** What `createHub` hands to every feature. */
export interface HubServices {
  readonly hubId: HubId
  readonly config: HubConfig
  readonly log: Logger
  readonly database: Database
  /** Whether there is room for more, and a reserve for when there is none. */
  readonly diskSpace: DiskSpace
  readonly domainEvents: DomainEventBus
  /** Events for browsers, kept and in order: append inside the transaction that makes them true. */
  readonly live: LiveLog
  /** Samples for browsers: told once, never kept. */
  readonly feeds: LiveFeeds
  readonly agentLinks: AgentLinks
  /** Work that comes back by the clock, or is done once whatever happens: kinds are told before features start. */
  readonly jobs: Jobs
  /** 32 bytes that seal vault keys. */
  readonly secret: Uint8Array
  /** The hub's clock. */
  readonly now: () => number
  /** The hub cannot go on: it stops in good order, and its process ends with a failure. */
  readonly fatal: (error: Error) => void
  /** Where people and agents reach this hub; known once it listens. */
  readonly origin: () => string
}
