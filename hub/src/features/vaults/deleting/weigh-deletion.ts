import type { SnapshotId } from '@holdfast/shared-types'
import { Refset } from '@holdfast/engine/format'
import type { EntityManager } from '@mikro-orm/postgresql'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { OpenVault } from '../contents/open-vault.ts'
import { segmentsPerTurn } from '../contents/snapshot-refsets.ts'
import { listStanding } from '../tables/collecting.queries.ts'
import { readSnapshots } from '../tables/keeping.queries.ts'
import { findVaultRecord } from '../tables/vaults.queries.ts'
import { readNamed, type PreviewDeps } from './preview-deletion.ts'

/** Estimates, as those of `DeletionPreview`: what a collection can free in the end. */
export interface DeletionWeight {
  /** Stored for these snapshots alone. */
  readonly freed: number
  /** Of each what is stored for it and for no other, going or not. */
  readonly ownById: ReadonlyMap<SnapshotId, number>
  /** Of their vaults the longest. */
  readonly undoDays: number
}

/** Those that are gone already weigh nothing. */
export async function weighDeletion(deps: PreviewDeps, em: EntityManager, snapshotIds: readonly SnapshotId[]): Promise<DeletionWeight> {
  const going = new Set(snapshotIds)
  const ownById = new Map<SnapshotId, number>()
  let [freed, undoDays] = [0, 0]
  for (const vaultId of new Set((await readSnapshots(em, snapshotIds)).map((snapshot) => snapshot.vaultId))) {
    freed += await weighIn(deps, em, { vault: deps.vaults.get(vaultId), going, ownById })
    undoDays = Math.max(undoDays, (await findVaultRecord(em, vaultId))?.undoDays ?? 0)
  }
  return { freed, ownById, undoDays }
}

interface Weighed {
  readonly vault: OpenVault
  readonly going: ReadonlySet<SnapshotId>
  readonly ownById: Map<SnapshotId, number>
}

/** Two sets of all segments, whatever the number of snapshots: those that one names, and those that another names as well. */
async function weighIn({ refsets }: PreviewDeps, em: EntityManager, { vault, going, ownById }: Weighed): Promise<number> {
  const [stays, once, again] = [new Refset(), new Refset(), new Refset()]
  const kept = (await listStanding(em, vault.id)).filter(({ snapshot }) => going.has(snapshot.id) || snapshot.keeping.deleted === null)
  let looked = 0
  for (const standing of kept) {
    const named = await readNamed(refsets, standing)
    for (const { packIdHex, ordinal } of named.segments()) {
      if (++looked % segmentsPerTurn === 0) await nextTurn()
      if (!going.has(standing.snapshot.id)) stays.add(packIdHex, ordinal)
      if (once.has(packIdHex, ordinal)) again.add(packIdHex, ordinal)
      else once.add(packIdHex, ordinal)
    }
  }
  const lengthOf = (packIdHex: string, ordinal: number): number => vault.contents.findSegment(packIdHex, ordinal)?.length ?? 0
  let freed = 0
  const counted = new Refset()
  for (const standing of kept.filter(({ snapshot }) => going.has(snapshot.id))) {
    let own = 0
    for (const { packIdHex, ordinal } of (await readNamed(refsets, standing)).segments()) {
      if (++looked % segmentsPerTurn === 0) await nextTurn()
      if (stays.has(packIdHex, ordinal) || counted.has(packIdHex, ordinal)) continue
      counted.add(packIdHex, ordinal)
      freed += lengthOf(packIdHex, ordinal)
      if (!again.has(packIdHex, ordinal)) own += lengthOf(packIdHex, ordinal)
    }
    ownById.set(standing.snapshot.id, own)
  }
  return freed
}
