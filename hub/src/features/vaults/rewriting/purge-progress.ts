import type { Purge, SnapshotId } from '@holdfast/shared-types'
import { Refset } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { ManagedVault } from '../contents/managed-vault.ts'
import { overlap } from '../contents/segment-sets.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import { readNamed } from '../deleting/preview-deletion.ts'
import { listStanding } from '../tables/collecting.queries.ts'
import { readSnapshots } from '../tables/keeping.queries.ts'
import type { PurgeRecord } from '../tables/purges.queries.ts'
import { bundlesOf } from './carry-out-purge.ts'

export interface PurgeProgress {
  readonly waitingFor: NonNullable<Purge['waitingFor']>
  /** Kept ones that name a bundle which has to go: they came meanwhile. */
  readonly sharing: number
  /** One that was written anew was had back. */
  readonly hadBack: SnapshotId | null
}

/** What still holds some of it. @throws EngineError `store.*` */
export async function lookAtProgress(
  { refsets }: { readonly refsets: SnapshotRefsets },
  em: EntityManager,
  vault: ManagedVault,
  purge: PurgeRecord,
): Promise<PurgeProgress> {
  const segments = purge.segments === null ? new Refset() : Refset.decode(purge.segments)
  const bundles = bundlesOf(vault, segments)
  const needed = new Refset()
  let [sharing, undoUntilMs] = [0, 0]
  const old = new Set(await stillThere(em, purge.replaced))
  for (const one of await listStanding(em, vault.id)) {
    const { deleted } = one.snapshot.keeping
    const named = await readNamed(refsets, one)
    const has = (from: Refset): boolean => overlap(from, named)
    if (deleted === null) {
      if (has(bundles)) sharing++
      for (const { packIdHex, ordinal } of segments.segments()) if (named.has(packIdHex, ordinal)) needed.add(packIdHex, ordinal)
    } else if (old.has(one.snapshot.id) || has(segments)) {
      old.add(one.snapshot.id)
      undoUntilMs = Math.max(undoUntilMs, deleted.undoUntil.getTime())
    }
  }
  const hadBack = (await readSnapshots(em, purge.replaced)).find(({ keeping }) => keeping.deleted === null)?.id ?? null
  const waitingSegments = [...segments.segments()].filter(
    ({ packIdHex, ordinal }) => isStored(vault, packIdHex, ordinal) && !needed.has(packIdHex, ordinal),
  ).length
  return {
    waitingFor: { snapshots: old.size, undoUntilMs: undoUntilMs === 0 ? null : undoUntilMs, segments: waitingSegments },
    sharing,
    hadBack,
  }
}

const stillThere = async (em: EntityManager, ids: readonly SnapshotId[]): Promise<SnapshotId[]> =>
  (await readSnapshots(em, ids)).filter(({ keeping }) => keeping.deleted !== null).map(({ id }) => id)

/** Read somewhere, or still in a pack that is about to go: what was condemned and moved around is there until that is removed. */
const isStored = ({ contents }: ManagedVault, packIdHex: string, ordinal: number): boolean =>
  contents.findSegment(packIdHex, ordinal) !== null
