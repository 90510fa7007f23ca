import { decodeSnapshotObject, type SnapshotBody } from '@holdfast/engine/format'
import { openSnapshotBody, TreeReader } from '@holdfast/engine/reader'
import { nodePrimitives } from '@holdfast/engine/vault'
import type { ManagedVault } from '../contents/managed-vault.ts'
import { storeKeyOf } from '../contents/snapshot-record.ts'
import type { SnapshotRefsets } from '../contents/snapshot-refsets.ts'
import type { ReadScope, SegmentReader } from '../reading/segment-reader.ts'
import type { SnapshotRecord } from '../tables/snapshots.queries.ts'
import type { Brake } from '../usage/brake.ts'

export interface ReadingDeps {
  readonly refsets: SnapshotRefsets
  readonly segments: SegmentReader
  readonly brake: Brake
}

/** A snapshot that is read to write it anew. */
export interface SnapshotInHand {
  readonly vault: ManagedVault
  readonly snapshot: SnapshotRecord
  readonly body: SnapshotBody
  readonly scope: ReadScope
  readonly reader: TreeReader
}

/** @throws EngineError `store.*`, `snapshot.*`, `segment.*` */
export async function openInHand(deps: ReadingDeps, vault: ManagedVault, snapshot: SnapshotRecord): Promise<SnapshotInHand> {
  const object = decodeSnapshotObject(await vault.getStored(storeKeyOf(snapshot)))
  const body = await openSnapshotBody(nodePrimitives, object, vault.domainKeys(snapshot.domainId))
  const scope: ReadScope = { vault, domainId: snapshot.domainId, refset: await deps.refsets.readable(snapshot) }
  return { vault, snapshot, body, scope, reader: readerOf(deps, scope) }
}

export const readerOf = ({ segments, brake }: Pick<ReadingDeps, 'segments' | 'brake'>, scope: ReadScope): TreeReader =>
  new TreeReader(async (type, id) => {
    await brake.pass()
    return segments.read(scope, type, id)
  })
