import { AppError } from '@holdfast/shared-types'
import type { Database } from '../../platform/database/database.ts'
import { findUserByEmail, verifyNothing, verifyPassword } from '../users/index.ts'
import type { FailedSignIns } from './failed-sign-ins.ts'
import { newToken } from './sign-in-token.ts'
import type { SignedIn } from './sign-in-with-link.ts'
import { insertSignIn } from './sign-ins.queries.ts'

interface PasswordDeps {
  readonly database: Database
  readonly failedSignIns: FailedSignIns
  readonly now: () => number
}

interface Attempt {
  readonly email: string
  readonly password: string
  readonly address: string
}

/** @throws AppError `sign-in.failed` (the same, and as slow, for an unknown account), `sign-in.throttled` */
export async function signInWithPassword({ database, failedSignIns, now }: PasswordDeps, attempt: Attempt): Promise<SignedIn> {
  const keys = [`account ${attempt.email.trim().toLowerCase()}`, `address ${attempt.address}`]
  failedSignIns.requireCalm(keys)
  // Counted before the slow part: a thousand tries at once are a thousand tries.
  failedSignIns.failed(keys)
  const user = await findUserByEmail(database.em(), attempt.email)
  const stored = user?.passwordHash
  const fits = typeof stored === 'string' ? await verifyPassword(attempt.password, stored) : await verifyNothing(attempt.password)
  if (!fits || user === null) throw new AppError('sign-in.failed')
  failedSignIns.succeeded(keys)
  const token = newToken()
  await insertSignIn(database.em(), user.id, token, now())
  return { user, token }
}
