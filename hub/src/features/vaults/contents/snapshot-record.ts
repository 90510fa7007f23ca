import { AgentId, AppError, DomainId, SnapshotId, type RunId, type VaultId } from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import { snapshotKey, uuidFromBytes, uuidToBytes, type HubStatement, type Refset, type SnapshotHeader } from '@holdfast/engine/format'
import { notLookedAt, simplyKept, type SnapshotRecord } from '../tables/snapshots.queries.ts'
import type { SnapshotFacts } from './snapshot-facts.ts'

export interface KnownSnapshot {
  readonly header: SnapshotHeader
  readonly facts: SnapshotFacts
  readonly refset: Refset
}

/** The row of a snapshot from its object. */
export function snapshotRecordOf(
  snapshot: KnownSnapshot,
  stored: HubStatement & { readonly vaultId: VaultId; readonly runId: RunId | null },
): SnapshotRecord {
  const { header, facts, refset } = snapshot
  let segments = 0
  for (const _ of refset.segments()) segments++
  return {
    id: snapshotIdOf(header),
    vaultId: stored.vaultId,
    domainId: DomainId.parse(uuidFromBytes(header.domainId)),
    agentId: AgentId.parse(uuidFromBytes(header.agentId)),
    runId: stored.runId,
    seq: header.seq,
    keyEpoch: header.keyEpoch,
    receivedAtMs: stored.receivedAtMs,
    epoch: stored.epoch,
    state: 'committed',
    ...facts,
    packs: refset.packCount,
    segments,
    keeping: simplyKept,
    looked: notLookedAt,
  }
}

type Known<T, K extends keyof T> = { readonly [P in K]: NonNullable<T[P]> }
/** A snapshot that the hub itself has opened. */
export type OpenedSnapshot = SnapshotRecord & Known<SnapshotRecord, 'status' | 'system' | 'root' | 'files' | 'folders' | 'bytes' | 'errors'>

/** @throws AppError `vault.private` for one that is sealed for the hub */
export function requireOpened(snapshot: SnapshotRecord): OpenedSnapshot {
  const { status, system, root, files, folders, bytes, errors } = snapshot
  const isSealed =
    status === null || system === null || root === null || files === null || folders === null || bytes === null || errors === null
  if (isSealed) throw new AppError('vault.private', { context: { snapshotId: snapshot.id } })
  return { ...snapshot, status, system, root, files, folders, bytes, errors }
}

export const snapshotIdOf = (header: Pick<SnapshotHeader, 'snapshotId'>): SnapshotId => SnapshotId.parse(toHex(header.snapshotId))

/** Key of a snapshot's object in its vault's store. */
export const storeKeyOf = (snapshot: Pick<SnapshotRecord, 'agentId' | 'seq' | 'id'>): string =>
  snapshotKey(uuidToBytes(snapshot.agentId), snapshot.seq, Buffer.from(snapshot.id, 'hex'))
