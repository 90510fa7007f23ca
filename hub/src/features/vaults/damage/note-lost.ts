import { toHex } from '@holdfast/engine/bytes'
import { lockCollection } from '../tables/collecting.queries.ts'
import { setLostSegments } from '../tables/damage.queries.ts'
import { findPack } from '../tables/packs.queries.ts'
import type { Database } from '../../../platform/database/database.ts'
import { afterRollback } from '../../../platform/database/unit-of-work.ts'
import type { Logger } from '../../../platform/logging/logger.ts'
import { lockRows, rescueLost } from '../contents/lose-pack.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { bitOf, bitsFrom } from '../contents/position-bits.ts'
import { rescueSegments } from '../contents/rescue-segments.ts'

export interface NoteLostDeps {
  readonly database: Database
  readonly log: Logger
}

/**
 * Writes down which segments of a pack are lost: these and no others (`exactly`), or these beside those that are lost already (`also`). Memory first: from this moment nobody is
 * offered them or reads them here.
 *
 * @returns how many were not known to be lost, and how many are whole again
 */
export async function noteLostSegments(
  { database, log }: NoteLostDeps,
  vault: OpenVault,
  packId: Uint8Array,
  found: { readonly positions: readonly number[]; readonly how: 'exactly' | 'also' },
): Promise<{ readonly news: number; readonly back: number }> {
  const packIdHex = toHex(packId)
  const { packIdsHex } = vault.contents.copiesOf(packIdHex, found.positions)
  const changed = await database.transaction(async (em) => {
    // No step of a collection in between.
    await lockCollection(em, vault.id, 'shared')
    await lockRows(em, packId, packIdsHex)
    const row = await findPack(em, packId)
    if (row?.state !== 'live') return { news: 0, back: 0 }
    const before = row.lostSegments
    const known = Array.from({ length: row.segments }, (_, position) => position).filter((position) => bitOf(before, position))
    const lost = new Set(found.how === 'also' ? [...known, ...found.positions] : found.positions)
    const news = lost.size - known.filter((position) => lost.has(position)).length
    const back = known.filter((position) => !lost.has(position)).length
    if (news + back === 0) return { news, back }
    const bits = bitsFrom(lost, row.segments)
    await setLostSegments(em, packId, bits)
    vault.contents.setLostSegments(packIdHex, bits)
    afterRollback(em, () => vault.contents.setLostSegments(packIdHex, before))
    if (news > 0) await rescueSegments(em, vault.contents, vault.contents.copiesOf(packIdHex, found.positions).births, true)
    return { news, back }
  })
  if (changed.back > 0) await rescueLost({ database }, vault)
  const about = { vaultId: vault.id, packId: packIdHex }
  if (changed.news > 0)
    log.error(
      { event: 'segments.lost', ...about, segments: changed.news },
      'Segments of a pack are damaged. The vault page names the files that need them; a device that still has them is asked to heal them',
    )
  if (changed.back > 0) log.warn({ event: 'segments.back', ...about, segments: changed.back }, 'Segments that were damaged are whole again')
  return changed
}
