import { AppError, type HubId } from '@holdfast/shared-types'
import type { Logger } from '../../platform/logging/logger.ts'
import type { OfflineVaults, SelfBackupShelf, StoredSelfBackup } from '../vaults/index.ts'
import { linesOf, readHead, type SelfBackupHead } from './self-backup-lines.ts'

/** One that lies in a vault, and where. */
export interface FoundSelfBackup {
  readonly stored: StoredSelfBackup
  readonly shelf: SelfBackupShelf
}

/** Whole ones of all these vaults, newest first. */
export async function findSelfBackups(vaults: OfflineVaults): Promise<FoundSelfBackup[]> {
  const found: FoundSelfBackup[] = []
  for (const vaultId of vaults.ids) {
    const shelf = vaults.shelfOf(vaultId)
    for (const stored of await shelf.list()) if (stored.isWhole) found.push({ stored, shelf })
  }
  return found.toSorted((left, right) => right.stored.createdAtMs - left.stored.createdAtMs)
}

/** @throws AppError `vault.corrupt`, `vault.format-unsupported`, `store.*` */
async function readHeadOf({ stored, shelf }: FoundSelfBackup): Promise<SelfBackupHead> {
  for await (const line of linesOf(shelf.read(stored))) return readHead(line)
  return readHead('')
}

/**
 * Who the hub of these vaults was: its devices greet no other. Null where no self-backup can be read.
 */
export async function findKeptHubId(vaults: OfflineVaults, log: Logger): Promise<HubId | null> {
  for (const found of await findSelfBackups(vaults)) {
    try {
      return (await readHeadOf(found)).hubId
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'store.unavailable') throw error
      log.error({ event: 'self-backup.damaged', err: error }, 'A self-backup cannot be read; an older one is tried')
    }
  }
  return null
}
