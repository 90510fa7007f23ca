import type { VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { standardUndoDays } from '../vaults/index.ts'

/*
 * What a self-backup says is as old as it is: what was taken away from somebody since then would be theirs again.
 */

export interface EndedRights {
  readonly apiTokens: number
  readonly enrolmentTokens: number
}

export async function endDoubtfulRights(em: EntityManager, now: Date, keepsTokens: boolean): Promise<EndedRights> {
  const apiTokens = keepsTokens
    ? []
    : await em.execute<{ id: string }[]>(`update api_token set revoked_at = ? where revoked_at is null returning id`, [now])
  const enrolmentTokens = await em.execute<{ at: Date }[]>(
    `update enrolment_token set expires_at = ? where used_at is null and expires_at > ? returning expires_at as at`,
    [now, now],
  )
  return { apiTokens: apiTokens.length, enrolmentTokens: enrolmentTokens.length }
}

/** A deletion may have been taken back since: nothing is removed before somebody could look. */
export async function lengthenUndo(em: EntityManager, now: Date): Promise<void> {
  await em.execute(
    `update kept_snapshot k set undo_until = greatest(undo_until,
       ?::timestamptz + make_interval(days => coalesce((select undo_days from vault v where v.id = k.vault_id), ?)))
     where deleted_at is not null`,
    [now, standardUndoDays],
  )
}

export async function listMissingVaults(em: EntityManager, there: readonly VaultId[]): Promise<VaultId[]> {
  const rows = await em.execute<{ id: VaultId }[]>('select id from vault order by id')
  return rows.map(({ id }) => id).filter((id) => !there.includes(id))
}
