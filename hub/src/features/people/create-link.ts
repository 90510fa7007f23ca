import { AppError, type UserId } from '@holdfast/shared-types'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import { addSignInLink, signInAddress } from '../auth/index.ts'
import { findUser, lockUser } from '../users/index.ts'
import type { PeopleDeps } from './people-deps.ts'
import { proveForAdmin, type Asking } from './prove-for-admin.ts'

/** Works once, for a day. */
export interface CreatedLink {
  readonly signInUrl: string
  readonly expiresAtMs: number
}

/** A new link for somebody who lost their password. @throws AppError `account.not-found`, `account.disabled`; for an administrator's as `proveForAdmin` */
export async function createLink(deps: PeopleDeps, userId: UserId, asking: Asking): Promise<CreatedLink> {
  const { database, now, origin } = deps
  const isAdmins = (await findUser(database.em(), userId))?.role === 'admin'
  if (isAdmins) await proveForAdmin(deps, asking)
  return database.transaction(async (em) => {
    const user = await lockUser(em, userId)
    if ((user.disabledAt ?? null) !== null) throw new AppError('account.disabled')
    // Raised in between.
    if (user.role === 'admin' && !isAdmins) throw new AppError('access.denied', { cure: 'Try again.' })
    tellAudit({ object: { kind: 'account', id: user.id, name: user.name } })
    const { token, expiresAtMs } = await addSignInLink(em, userId, now())
    return { signInUrl: signInAddress(origin(), token), expiresAtMs }
  })
}
