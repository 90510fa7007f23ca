import { randomBytes } from 'node:crypto'
import { SnapshotId, type Run, type SnapshotStatus } from '@holdfast/shared-types'
import type { Client } from 'pg'
import type { TestHub } from './test-hub.ts'

interface CommitOptions {
  /** A connection with a transaction of its own; without one it is visible at once. */
  readonly within?: Client
  readonly files?: number
  readonly bytes?: number
}

/** The row that a committed snapshot of this run leaves, for tests that are about runs and not about vaults. */
export async function commitSnapshot(
  hub: TestHub,
  run: Run,
  status: SnapshotStatus = 'complete',
  { within, files = 1, bytes = 1 }: CommitOptions = {},
): Promise<SnapshotId> {
  const id = randomBytes(16)
  const query = (statement: string, values: readonly unknown[]): Promise<unknown> =>
    within === undefined ? hub.sql(statement, values) : within.query(statement, [...values])
  await query(
    `insert into snapshot (id, vault_id, domain_id, agent_id, run_id, seq, key_epoch, received_at, epoch, state, status, system, host, root, started_at, finished_at,
       files, folders, bytes, errors, roots, packs, segments)
     select $1, a.vault_id, a.domain_id, a.id, $2, 1, 1, now(), 1, 'committed', $3, 'linux', 'laptop', $4, now(), now(), $6, 1, $7, 0, '[]', 1, 1 from agent a where a.id = $5`,
    [id, run.id, status, randomBytes(32), run.agentId, files, bytes],
  )
  return SnapshotId.parse(id.toString('hex'))
}
