import { AgentId, SnapshotId } from '@holdfast/shared-types'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'
import { storeKeyOf } from './snapshot-record.ts'

/** What the key of a snapshot's object says of it; null for a key that no snapshot has. */
export function snapshotNameOf(key: string): Pick<SnapshotRecord, 'agentId' | 'seq' | 'id'> | null {
  const [, agentId, seq, id] = /^s\/([0-9a-f-]{36})\/(\d{12,16})-([0-9a-f]{32})$/.exec(key) ?? []
  if (!AgentId.safeParse(agentId).success || id === undefined) return null
  const name = { agentId: AgentId.parse(agentId), seq: Number(seq), id: SnapshotId.parse(id) }
  return storeKeyOf(name) === key ? name : null
}
