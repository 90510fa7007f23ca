import { randomBytes } from 'node:crypto'
import { SnapshotId, type Run, type SnapshotStatus } from '@holdfast/shared-types'
import type { TestHub } from './test-hub.ts'

/** The row that a committed snapshot of this run leaves, for tests that are about runs and not about vaults. */
export async function commitSnapshot(hub: TestHub, run: Run, status: SnapshotStatus = 'complete'): Promise<SnapshotId> {
  const id = randomBytes(16)
  await hub.sql(
    `insert into snapshot (id, vault_id, domain_id, agent_id, run_id, seq, key_epoch, received_at, epoch, state, status, system, host, root, started_at, finished_at,
       files, folders, bytes, errors, roots, packs, segments)
     select $1, a.vault_id, a.domain_id, a.id, $2, 1, 1, now(), 1, 'committed', $3, 'linux', 'laptop', $4, now(), now(), 1, 1, 1, 0, '[]', 1, 1 from agent a where a.id = $5`,
    [id, run.id, status, randomBytes(32), run.agentId],
  )
  return SnapshotId.parse(id.toString('hex'))
}
