import type { HubId } from '@holdfast/shared-types'
import type { Database } from '../../platform/database/database.ts'
import type { SelfBackupShelf, StoredSelfBackup } from '../vaults/index.ts'
import { readTables } from './read-tables.ts'
import { piecesOf } from './self-backup-lines.ts'

export interface MakeSelfBackupDeps {
  readonly database: Database
  readonly shelf: SelfBackupShelf
  readonly hubId: HubId
  readonly hubVersion: string
  readonly now: () => number
}

/**
 * Writes what nothing but the database knows into the vault: one state of it, whatever is changed meanwhile. Durable when it resolves.
 * @throws AppError `store.*`, `database.unavailable`; what was written then is no whole self-backup
 */
export function makeSelfBackup(
  { database, shelf, hubId, hubVersion, now }: MakeSelfBackupDeps,
  signal: AbortSignal,
): Promise<StoredSelfBackup> {
  const createdAtMs = now()
  return database.transaction(
    (em) => shelf.write({ createdAtMs, pieces: untilAborted(piecesOf(readTables(em, { hubId, hubVersion, createdAtMs })), signal) }),
    { isolation: 'repeatable read', readOnly: true },
  )
}

/** A hub that is asked to stop does not wait for an audit log of years. */
async function* untilAborted(pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    signal.throwIfAborted()
    yield piece
  }
}
