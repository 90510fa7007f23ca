import { AppError } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { lockLivingAdmins, type UserRow } from '../users/index.ts'

/**
 * Sees to it that somebody else can administrate once this account cannot. Call it before the row itself is locked or changed, in the same
 * transaction: the administrators stay locked until its end.
 *
 * @throws AppError `account.last-admin`
 */
export async function requireOtherAdmin(em: EntityManager, userId: UserRow['id']): Promise<void> {
  const admins = await lockLivingAdmins(em)
  if (admins.length === 1 && admins[0] === userId) throw new AppError('account.last-admin')
}
