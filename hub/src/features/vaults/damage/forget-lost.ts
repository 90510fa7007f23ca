import { fromHex, toHex } from '@holdfast/engine/bytes'
import { afterCommit } from '../../../platform/database/unit-of-work.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { lockCollection, setPacksGone } from '../tables/collecting.queries.ts'
import { listLostUnneeded } from '../tables/damage.queries.ts'
import type { NoteLostDeps } from './note-lost.ts'

/**
 * Packs that are not there any more and that no snapshot lacks, for all of it was sent again or was in no snapshot, are no trouble: they count as collected.
 * @param lostPacks ids, in hex, of those that every snapshot was asked about: of what is found missing later nobody knows yet who needs it
 */
export async function forgetLost({ database, log }: NoteLostDeps, vault: OpenVault, lostPacks: readonly string[]): Promise<void> {
  if (lostPacks.length === 0) return
  const forgotten = await database.transaction(async (em) => {
    // Who commits meanwhile names none of them: they are offered to nobody.
    await lockCollection(em, vault.id, 'alone')
    const packIds = await listLostUnneeded(em, vault.id, lostPacks.map(fromHex))
    await setPacksGone(em, packIds)
    afterCommit(em, () => {
      for (const packId of packIds) vault.contents.markGone(toHex(packId))
    })
    return packIds.length
  })
  if (forgotten > 0)
    log.info({ event: 'packs.forgotten', vaultId: vault.id, count: forgotten }, 'Packs that were lost are needed by nobody any more')
}
