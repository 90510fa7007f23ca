import type { AgentId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Vaults } from '../vaults/index.ts'

/** What this feature asks of devices: their names, removed ones included as long as they have one. */
export interface DeviceNames {
  deviceNames(em: EntityManager): Promise<ReadonlyMap<AgentId, string>>
}

export interface SnapshotsDeps {
  readonly vaults: Pick<Vaults, 'snapshots' | 'openSnapshotTree' | 'deletion' | 'isPrivate'>
  readonly devices: DeviceNames
}

/** Names are compared as people type them: without regard to case. */
export const devicesNamed = (names: ReadonlyMap<AgentId, string>, name: string): AgentId[] =>
  [...names].filter(([, own]) => own.toLowerCase() === name.toLowerCase()).map(([id]) => id)
