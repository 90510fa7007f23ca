import {
  deleteSelfBackup,
  listSelfBackups,
  readSelfBackup,
  writeSelfBackup,
  type SelfBackupToWrite,
  type StoredSelfBackup,
  type StoredVault,
} from '@holdfast/engine/vault'
import { translateEngineError, withContractErrors } from '../errors/translate-engine-error.ts'

export type { SelfBackupToWrite, StoredSelfBackup }

/** Where a vault keeps what its hub says of itself, sealed with the vault's key. @throws AppError `store.*`, `vault.corrupt` */
export interface SelfBackupShelf {
  /** Durable when it resolves; until then it restores nothing. */
  write(toWrite: SelfBackupToWrite): Promise<StoredSelfBackup>
  /** Oldest first, unfinished ones included. */
  list(): Promise<StoredSelfBackup[]>
  /** What was written, in pieces; each is proved before it comes. */
  read(which: Pick<StoredSelfBackup, 'createdAtMs' | 'id'>): AsyncGenerator<Uint8Array>
  remove(which: StoredSelfBackup): Promise<void>
}

/** @param vault asked each time: it is open only while its hub is */
export const selfBackupShelf = (vault: () => StoredVault): SelfBackupShelf => ({
  write: (toWrite) => withContractErrors(() => writeSelfBackup(vault(), toWrite)),
  list: () => withContractErrors(() => listSelfBackups(vault().store)),
  async *read(which) {
    try {
      yield* readSelfBackup(vault(), which)
    } catch (error) {
      throw translateEngineError(error)
    }
  },
  remove: (which) => withContractErrors(() => deleteSelfBackup(vault().store, which)),
})
