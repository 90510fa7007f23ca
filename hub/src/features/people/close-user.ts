import type { Account, UserId } from '@holdfast/shared-types'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import { deleteSignInsOf } from '../auth/index.ts'
import { changeUser, deleteUser, lockUser, presentAccount, type UserRow } from '../users/index.ts'
import type { PeopleDeps } from './people-deps.ts'
import { requireOtherAdmin } from './require-other-admin.ts'

const tell = (user: UserRow): void => tellAudit({ object: { kind: 'account', id: user.id, name: user.name } })

/** Nobody gets in by the account any more, and whoever is in is out. Again: nothing changes. @throws AppError `account.not-found`, `account.last-admin` */
export function disableUser({ database, domainEvents, now }: PeopleDeps, userId: UserId): Promise<Account> {
  return database.transaction(async (em) => {
    await requireOtherAdmin(em, userId)
    const user = await lockUser(em, userId)
    tell(user)
    if ((user.disabledAt ?? null) === null) await changeUser(em, user, { disabledAt: new Date(now()) })
    await deleteSignInsOf(em, userId)
    afterCommit(em, () => domainEvents.emit('account.closed', { userId }))
    return presentAccount(user, null)
  })
}

/** The password and the API tokens that the account had hold again. @throws AppError `account.not-found` */
export function enableUser({ database }: PeopleDeps, userId: UserId): Promise<Account> {
  return database.transaction(async (em) => {
    const user = await lockUser(em, userId)
    tell(user)
    await changeUser(em, user, { disabledAt: null })
    return presentAccount(user, null)
  })
}

/** Removes the account with everything that lets somebody in by it. What it did stays on record under its name. @throws AppError `account.not-found`, `account.last-admin` */
export function removeUser({ database, domainEvents }: PeopleDeps, userId: UserId): Promise<void> {
  return database.transaction(async (em) => {
    await requireOtherAdmin(em, userId)
    tell(await lockUser(em, userId))
    await deleteUser(em, userId)
    afterCommit(em, () => domainEvents.emit('account.closed', { userId }))
  })
}
