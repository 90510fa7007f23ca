import type { Account, UserRole } from '@holdfast/shared-types'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import { addSignInLink, signInAddress } from '../auth/index.ts'
import { insertUser, presentAccount } from '../users/index.ts'
import type { PeopleDeps } from './people-deps.ts'

interface WantedUser {
  readonly name: string
  readonly email: string
  readonly role: UserRole
}

export interface CreatedUser {
  readonly user: Account
  /** Works once, for a day. */
  readonly signInUrl: string
  readonly expiresAtMs: number
}

/** Makes an account and the link by which its owner gets in. @throws AppError `account.email-taken` */
export function createUser({ database, now, origin }: PeopleDeps, wanted: WantedUser): Promise<CreatedUser> {
  return database.transaction(async (em) => {
    const user = await insertUser(em, wanted, new Date(now()))
    tellAudit({ object: { kind: 'account', id: user.id, name: user.name }, details: { role: user.role } })
    const { token, expiresAtMs } = await addSignInLink(em, user.id, now())
    return { user: presentAccount(user, null), signInUrl: signInAddress(origin(), token), expiresAtMs }
  })
}
