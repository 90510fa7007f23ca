import { AppError } from '@holdfast/shared-types'
import { isEngineError } from '@holdfast/engine/errors'
import type { OpenVault } from '../contents/open-vault.ts'
import { toHex } from '@holdfast/engine/bytes'
import { listCondemnedPacks } from '../tables/collecting.queries.ts'
import { packGroups } from '../tables/packs.queries.ts'
import type { Brake } from '../usage/brake.ts'
import { chooseSmall } from './choose-packs.ts'
import { PackCompaction, type CompactDeps } from './compact-packs.ts'
import { sparedPacks } from './condemn.ts'

/**
 * Empties packs that are mostly garbage, and puts small ones together. A store without room is left as it is: then only removing helps.
 * @returns bytes of segments that were copied
 */
export async function compactVault(deps: CompactDeps, vault: OpenVault, brake: Brake): Promise<number> {
  const em = deps.database.em()
  const groups = await packGroups(em, vault.id)
  // Asked after the groups: what an open session brings between the two has none, or is spared.
  const spared = await sparedPacks(em, vault, deps.now())
  const small = chooseSmall(
    vault.contents.packs(),
    ({ packIdHex }) => groups.get(packIdHex) ?? packIdHex,
    (packIdHex) => spared.has(packIdHex),
  )
  const sparse = (await listCondemnedPacks(em, vault.id)).map(({ packId }) => toHex(packId))
  const compaction = new PackCompaction(deps, vault, brake)
  try {
    for (const packIdHex of new Set([...sparse, ...small.map((pack) => pack.packIdHex)])) await compaction.empty(packIdHex)
    await compaction.finish()
  } catch (error) {
    await compaction.discard()
    if (!isEngineError(error, 'store.full') && !(error instanceof AppError && error.code === 'store.full')) throw error
    deps.log.warn(
      { event: 'packs.not-compacted', vaultId: vault.id },
      'The store has no room to compact packs; what nobody needs at all was removed',
    )
  }
  return compaction.bytesMoved
}
