import type { AgentId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { LiveLog } from '../../../platform/events/live-log.ts'

export interface TellDeps {
  readonly live: Pick<LiveLog, 'append'>
}

/** Whoever looks at snapshots of these devices learns with the commit that some changed, or are gone. @param agentIds one for each snapshot */
export function tellOfSnapshots({ live }: TellDeps, em: EntityManager, agentIds: readonly AgentId[]): void {
  if (agentIds.length > 0) live.append(em, 'snapshots', 'snapshots.changed', { agentIds: [...new Set(agentIds)] })
}
