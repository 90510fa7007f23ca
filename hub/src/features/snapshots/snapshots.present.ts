import type { AgentId, Snapshot } from '@holdfast/shared-types'
import type { SnapshotRecord, Vaults } from '../vaults/index.ts'

/** @param names devices by id; one that was removed goes by what its host called itself. */
export const presentSnapshot = (
  snapshot: SnapshotRecord,
  names: ReadonlyMap<AgentId, string>,
  vaults: Pick<Vaults, 'isPrivate'>,
): Snapshot => ({
  id: snapshot.id,
  vaultId: snapshot.vaultId,
  vaultKind: vaults.isPrivate(snapshot.vaultId) ? 'private' : 'managed',
  agentId: snapshot.agentId,
  deviceName: names.get(snapshot.agentId) ?? snapshot.host,
  runId: snapshot.runId,
  createdAtMs: snapshot.receivedAtMs,
  status: snapshot.status,
  plan: snapshot.plan,
  roots: [...snapshot.roots],
  files: snapshot.files,
  folders: snapshot.folders,
  bytes: snapshot.bytes,
  errors: snapshot.errors,
  ...presentKeeping(snapshot.keeping),
  rewritten: snapshot.rewritten,
})

function presentKeeping({ held, deleted }: SnapshotRecord['keeping']): Pick<Snapshot, 'held' | 'deleted'> {
  return {
    held: held === null ? null : { atMs: held.at.getTime(), by: held.by, reason: held.reason },
    deleted:
      deleted === null
        ? null
        : {
            atMs: deleted.at.getTime(),
            by: deleted.by,
            undoUntilMs: deleted.undoUntil.getTime(),
            isGoing: deleted.condemnedIn !== null,
            replacedBy: deleted.replacedBy,
          },
  }
}
