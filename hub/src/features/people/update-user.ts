import type { Account, UserId, UserRole } from '@holdfast/shared-types'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import { deleteLinks, lastSeenByUser } from '../auth/index.ts'
import { changeUser, findUser, lockUser, presentAccount } from '../users/index.ts'
import type { PeopleDeps } from './people-deps.ts'
import { requireOtherAdmin } from './require-other-admin.ts'

interface WantedChange {
  readonly name?: string | undefined
  readonly email?: string | undefined
  readonly role?: UserRole | undefined
}

/** Whether somebody would be an administrator from then on, or one no more. */
export const changesAdmins = async ({ database }: PeopleDeps, userId: UserId, { role }: WantedChange): Promise<boolean> =>
  role === 'admin' || (role !== undefined && (await findUser(database.em(), userId))?.role === 'admin')

/** From its commit on everything done in the account's name has the new role; links into an account that is raised to administrator are void. @throws AppError `account.not-found`, `account.email-taken`, `account.last-admin` */
export function updateUser({ database, domainEvents, now }: PeopleDeps, userId: UserId, wanted: WantedChange): Promise<Account> {
  return database.transaction(async (em) => {
    // Before the row of the account: all who change administrators take their locks in one order.
    if (wanted.role !== undefined && wanted.role !== 'admin') await requireOtherAdmin(em, userId)
    const user = await lockUser(em, userId)
    const roleBefore = user.role
    await changeUser(em, user, wanted)
    // Made by whom less was asked of: it would open the account of an administrator now.
    if (roleBefore !== 'admin' && user.role === 'admin') await deleteLinks(em, userId, { ofAdministrator: false })
    tellAudit({
      object: { kind: 'account', id: user.id, name: user.name },
      details: {
        changed: Object.keys(wanted).join(', '),
        ...(wanted.role === undefined ? {} : { roleBefore, role: user.role }),
      },
    })
    const { name, role } = user
    afterCommit(em, () => domainEvents.emit('account.changed', { userId, name, role }))
    return presentAccount(user, (await lastSeenByUser(em, now())).get(userId) ?? null)
  })
}
