import type { RunId, VaultId } from '@holdfast/shared-types'
import { toHex } from '@holdfast/engine/bytes'
import type { EntityManager } from '@mikro-orm/postgresql'
import { afterCommit } from '../../../platform/database/unit-of-work.ts'
import type { OpenVault } from '../contents/open-vault.ts'
import { hasAllBits } from '../contents/position-bits.ts'
import type { RunsDoor } from '../doors/doors.ts'
import { countOpenBefore, countUnaudited, listStanding, lockCollection, setRemoving } from '../tables/collecting.queries.ts'
import { auditLast, type AuditDeps } from './audits.ts'
import { settleCondemned, type Condemned } from './condemn.ts'

export interface DecideDeps extends AuditDeps {
  readonly runs: RunsDoor
}

export interface DecideOptions {
  /** Looks through the last few snapshots itself while nobody can commit another: where new ones come as fast as they are looked through. */
  readonly isImpatient: boolean
  readonly signal: AbortSignal
}

/** Commits wait as long as these take, or `auditLast` gives them. */
const fewAudits = 8

export interface WaitingFor {
  readonly backups: number
  readonly restores: number
  readonly audits: number
}

/** Whoever may have been told of what was condemned, or need it. */
export async function stillWaitingFor(
  em: EntityManager,
  { runs }: Pick<DecideDeps, 'runs'>,
  vaultId: VaultId,
  { epoch, readers }: Condemned,
): Promise<WaitingFor> {
  const reading = await runs.listReadingRuns(em)
  return {
    backups: await countOpenBefore(em, vaultId, epoch),
    restores: reading.filter(({ runId }: { runId: RunId }) => readers.has(runId)).length,
    audits: await countUnaudited(em, vaultId),
  }
}

export const isOver = ({ backups, restores, audits }: WaitingFor): boolean => backups + restores + audits === 0

/** Adds what was committed, or looked through again, since it was condemned. Commits wait for it under the lock: call it once before. @throws AppError `vault.collection-unsafe`; `store.*` */
export async function markStanding(em: EntityManager, { id }: OpenVault, { needed }: Condemned): Promise<void> {
  const standing = await listStanding(em, id)
  // Of one that is deleted and lost, nobody will ever know what it needed.
  await needed.mark(standing.filter(({ snapshot, isLost }) => !isLost || snapshot.keeping.deleted === null))
}

/**
 * Decides to remove the condemned snapshots, and packs of which everything is condemned: once this is committed nothing has them back, and whoever names them is
 * refused. What was rescued until this moment stays, and so does what is whole nowhere else by now.
 * @returns false when somebody is waited for after all
 */
export function decideRemoval(deps: DecideDeps, vault: OpenVault, condemned: Condemned, options: DecideOptions): Promise<boolean> {
  return deps.database.transaction(async (em) => {
    await lockCollection(em, vault.id, 'alone')
    if (options.isImpatient && (await countUnaudited(em, vault.id)) <= fewAudits) await auditLast(deps, em, vault, options.signal)
    if (!isOver(await stillWaitingFor(em, deps, vault.id, condemned))) return false
    await markStanding(em, vault, condemned)
    // Weeks may lie between condemning and this: it is believed again only as far as it still holds.
    const packs = await settleCondemned(em, vault, condemned.needed, [])
    // Before anybody has looked whose it is, what was lost is as good as needed.
    if (vault.contents.hasNewLosses) return false
    const whole = packs.filter(({ positions, segments }) => hasAllBits(positions, segments)).map(({ packId }) => packId)
    await setRemoving(em, vault.id, whole)
    afterCommit(em, () => {
      for (const packId of whole) vault.contents.markGone(toHex(packId))
    })
    return true
  })
}
