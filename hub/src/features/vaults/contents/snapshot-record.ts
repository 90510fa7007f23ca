import { AgentId, DomainId, SnapshotId, type RunId, type VaultId, type WirePath } from '@holdfast/shared-types'
import { decodeUtf8Lossy, isValidUtf8, toHex } from '@holdfast/engine/bytes'
import {
  snapshotKey,
  uuidFromBytes,
  uuidToBytes,
  type HubStatement,
  type Refset,
  type SnapshotBody,
  type SnapshotHeader,
} from '@holdfast/engine/format'
import { notLookedAt, simplyKept, type SnapshotRecord } from '../tables/snapshots.queries.ts'

export interface OpenedSnapshot {
  readonly header: SnapshotHeader
  readonly body: SnapshotBody
  readonly refset: Refset
}

/** The row of a snapshot from its opened object. */
export function snapshotRecordOf(
  snapshot: OpenedSnapshot,
  stored: HubStatement & { readonly vaultId: VaultId; readonly runId: RunId | null },
): SnapshotRecord {
  const { header, body, refset } = snapshot
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
    status: body.status,
    system: body.system,
    host: storable(body.host),
    plan: body.plan === '' ? null : storable(body.plan),
    parentId: body.parent === null ? null : SnapshotId.parse(toHex(body.parent)),
    root: body.root,
    startedAtMs: body.startedAtMs,
    finishedAtMs: body.finishedAtMs,
    files: body.files,
    folders: body.folders,
    bytes: body.bytes,
    errors: body.errors,
    roots: body.roots.map(wirePathOf),
    packs: refset.packCount,
    segments,
    rewritten: rewritingOf(body),
    keeping: simplyKept,
    looked: notLookedAt,
  }
}

function rewritingOf({ rewriting }: SnapshotBody): SnapshotRecord['rewritten'] {
  if (rewriting === undefined) return null
  const { of, why, atMs, entriesDropped, bytesDropped } = rewriting
  return { why, atMs, of: SnapshotId.parse(toHex(of)), entriesDropped, bytesDropped }
}

export const snapshotIdOf = (header: Pick<SnapshotHeader, 'snapshotId'>): SnapshotId => SnapshotId.parse(toHex(header.snapshotId))

/** Key of a snapshot's object in its vault's store. */
export const storeKeyOf = (snapshot: Pick<SnapshotRecord, 'agentId' | 'seq' | 'id'>): string =>
  snapshotKey(uuidToBytes(snapshot.agentId), snapshot.seq, Buffer.from(snapshot.id, 'hex'))

/** Postgres refuses zero bytes in texts; an honest host's name has none. */
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD')

export function wirePathOf(path: Uint8Array): WirePath {
  const text = storable(decodeUtf8Lossy(path))
  return isValidUtf8(path) && !path.includes(0) ? { path: text } : { path: text, pathBase64: Buffer.from(path).toString('base64') }
}
