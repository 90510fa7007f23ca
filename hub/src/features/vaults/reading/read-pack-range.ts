import { fromHex } from '@holdfast/engine/bytes'
import { isEngineError } from '@holdfast/engine/errors'
import type { VaultId } from '@holdfast/shared-types'
import type { Database } from '../../../platform/database/database.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import { notePackLost } from '../contents/lose-pack.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { StoredSegment } from '../contents/vault-contents.ts'

export interface ReadRangeDeps {
  readonly database: Database
  readonly log: Logger
  /** Has what was found missing named, soon. */
  readonly nameSoon: (vaultId: VaultId) => Promise<void>
}

/**
 * Bytes of a pack. One that turns out to be gone is noted as lost at once: its segments are offered no more, so the next backup sends
 * again what was in it. A store that is gone as a whole has lost nothing.
 * @throws EngineError `store.*`; AppError `store.unavailable`
 */
export async function readPackRange(
  deps: ReadRangeDeps,
  vault: OpenVault,
  { key, packIdHex }: StoredSegment,
  range: { offset: number; length: number },
): Promise<Uint8Array> {
  try {
    return await vault.getStored(key, range)
  } catch (error) {
    if (isEngineError(error, 'store.not-found') && (await notePackLost(deps, vault, fromHex(packIdHex)))) await deps.nameSoon(vault.id)
    throw error
  }
}
