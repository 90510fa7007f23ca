import { AppError } from '@holdfast/shared-types'
import type { Database } from '../../platform/database/database.ts'
import { findUserByEmail, findUserLocked, normaliseEmail, verifyNothing, verifyPassword, type UserRow } from '../users/index.ts'
import type { SignInGuard } from './sign-in-guard.ts'
import { newToken } from './sign-in-token.ts'
import type { SignedIn, SignInPlace } from './sign-in-with-link.ts'
import { insertSignIn } from './sign-ins.queries.ts'

interface PasswordDeps {
  readonly database: Database
  readonly guard: SignInGuard
  readonly now: () => number
}

interface PasswordAttempt extends SignInPlace {
  readonly email: string
  readonly password: string
  /** Is told whose account is tried, as soon as that is known. */
  readonly tell: (user: UserRow) => void
}

/**
 * @throws AppError `sign-in.failed` (the same, and as slow, for an unknown account), `sign-in.throttled`; `account.disabled` for who has
 * the right password of a closed account
 */
export async function signInWithPassword({ database, guard, now }: PasswordDeps, attempt: PasswordAttempt): Promise<SignedIn> {
  const user = await findUserByEmail(database.em(), attempt.email)
  if (user !== null) attempt.tell(user)
  const account = normaliseEmail(attempt.email)
  const succeeded = await guard.begin({ account, userId: user?.id ?? null, address: attempt.address })
  const stored = user?.passwordHash
  const fits = typeof stored === 'string' ? await verifyPassword(attempt.password, stored) : await verifyNothing(attempt.password)
  if (!fits || user === null) throw new AppError('sign-in.failed')
  if ((user.disabledAt ?? null) !== null) throw new AppError('account.disabled')
  const token = newToken()
  const { address, device } = attempt
  await database.transaction(async (em) => {
    // Looked at once more, locked: the password may have been changed, or the account closed, while this one was being checked.
    const fresh = await findUserLocked(em, user.id)
    if (fresh === null || fresh.passwordHash !== stored) throw new AppError('sign-in.failed')
    if ((fresh.disabledAt ?? null) !== null) throw new AppError('account.disabled')
    await insertSignIn(em, { userId: user.id, token, address, device }, now())
  })
  await succeeded()
  return { user, token }
}
