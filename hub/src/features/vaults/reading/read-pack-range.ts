import { isEngineError } from '@holdfast/engine/errors'
import type { Database } from '../../../platform/database/database.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import type { StoredSegment } from '../contents/vault-contents.ts'
import { setPackState } from '../tables/packs.queries.ts'

export interface ReadRangeDeps {
  readonly database: Database
  readonly log: Logger
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
    if (isEngineError(error, 'store.not-found')) await noteLost(deps, vault, packIdHex)
    throw error
  }
}

async function noteLost({ database, log }: ReadRangeDeps, vault: OpenVault, packIdHex: string): Promise<void> {
  if (!vault.contents.markLost(packIdHex)) return
  log.error({ event: 'pack.lost', vaultId: vault.id, packId: packIdHex }, 'A pack is missing from the store')
  await setPackState(database.em(), [Buffer.from(packIdHex, 'hex')], 'lost')
}
