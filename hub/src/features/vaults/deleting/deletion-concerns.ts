import type { AgentId, DeletionPreview, SnapshotId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { RunsDoor } from '../doors/doors.ts'
import { countWholeKept } from '../tables/keeping.queries.ts'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'

/** Whoever deletes what is so young may be an intruder, or a rule that is wrong. */
const recentMs = 7 * 24 * 60 * 60 * 1000

export type Concern = DeletionPreview['concerns'][number]

/** What speaks against deleting these; the hub asks twice, or refuses. */
export async function concernsAbout(
  em: EntityManager,
  runs: RunsDoor,
  snapshots: readonly SnapshotRecord[],
  nowMs: number,
): Promise<Concern[]> {
  const read = new Set((await runs.listReadingRuns(em)).map(({ snapshotId }) => snapshotId))
  const found: Record<Concern['kind'], SnapshotId[]> = {
    held: snapshots.filter(({ keeping }) => keeping.held !== null).map(({ id }) => id),
    'in-use': snapshots.filter(({ id }) => read.has(id)).map(({ id }) => id),
    recent: snapshots.filter(({ receivedAtMs }) => receivedAtMs > nowMs - recentMs).map(({ id }) => id),
    'last-of-device': await lastOnes(em, snapshots),
  }
  return (Object.keys(found) as Concern['kind'][])
    .filter((kind) => found[kind].length > 0)
    .map((kind) => ({ kind, snapshotIds: found[kind] }))
}

/** The newest whole one of each device that would have none left; one that lacks something only where it has no other. */
async function lastOnes(em: EntityManager, snapshots: readonly SnapshotRecord[]): Promise<SnapshotId[]> {
  const newestByAgent = new Map<AgentId, SnapshotRecord>()
  for (const snapshot of snapshots) {
    if (snapshot.status === 'partial' || snapshot.state !== 'committed') continue
    const newest = newestByAgent.get(snapshot.agentId)
    if (newest === undefined || isBetter(snapshot, newest)) newestByAgent.set(snapshot.agentId, snapshot)
  }
  const left = await countWholeKept(
    em,
    [...newestByAgent.keys()],
    snapshots.map(({ id }) => id),
  )
  return [...newestByAgent].filter(([agentId]) => !left.has(agentId)).map(([, { id }]) => id)
}

const isBetter = (one: SnapshotRecord, other: SnapshotRecord): boolean => {
  const [isWhole, isOtherWhole] = [one.looked.lackingBlobs === 0, other.looked.lackingBlobs === 0]
  return isWhole === isOtherWhole ? one.seq > other.seq : isWhole
}
