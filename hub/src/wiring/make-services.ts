import { readHubId } from '../features/system/index.ts'
import type { HubOptions } from '../hub.ts'
import type { Database } from '../platform/database/database.ts'
import { DiskSpace } from '../platform/disk-space/disk-space.ts'
import { createDomainEventBus } from '../platform/events/domain-events.ts'
import { createLiveLog } from '../platform/events/live-log.ts'
import { Jobs } from '../platform/jobs/jobs.ts'
import { createAgentLinks, type AgentLinkRegistry } from '../platform/realtime/agent-links.ts'
import { createLiveFeeds } from '../platform/realtime/live-feeds.ts'
import { dataFolderAt } from '../platform/lifecycle/data-folder.ts'
import type { HubServices } from '../platform/services.ts'

interface Surroundings extends Pick<HubServices, 'fatal' | 'now' | 'origin'> {
  readonly checkBodies: boolean
}

/** What every feature is handed. */
export async function makeServices(
  options: HubOptions,
  database: Database,
  { fatal, now, origin, checkBodies }: Surroundings,
): Promise<HubServices & { readonly agentLinks: AgentLinkRegistry }> {
  const { config, log, secret } = options
  const live = createLiveLog({ database, now, checkBodies })
  const diskSpace = new DiskSpace({ log })
  const { root, reserveFile } = dataFolderAt(config.dataDir)
  if (config.databaseUrl === null) await diskSpace.watch({ use: 'database', folder: root, reserveFile })
  return {
    fatal,
    now,
    origin,
    log,
    database,
    diskSpace,
    live,
    config,
    secret,
    hubId: await readHubId(database, now),
    feeds: createLiveFeeds(live, database, log),
    agentLinks: createAgentLinks(),
    jobs: new Jobs({ connection: options.connection, log }),
    domainEvents: createDomainEventBus((name, error) =>
      log.error({ event: 'listener.failed', listener: name, err: error }, 'A listener of a domain event failed'),
    ),
  }
}
