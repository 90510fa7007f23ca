import { AppError, type UserId } from '@holdfast/shared-types'
import type { Database } from '../../platform/database/database.ts'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import type { DomainEventBus } from '../../platform/events/domain-events.ts'
import { changeCredentials, findUser, findUserLocked, hashPassword, verifyPassword, type UserRow } from '../users/index.ts'
import type { SignInGuard } from './sign-in-guard.ts'
import { deleteLinks, deleteOtherSignIns } from './sign-ins.queries.ts'

interface CredentialsDeps {
  readonly database: Database
  readonly domainEvents: DomainEventBus
  readonly guard: SignInGuard
}

interface ChosenCredentials {
  readonly name: string
  readonly email: string
  /** Left out: it stays, and so do the other sign-ins. */
  readonly password?: string | undefined
  readonly currentPassword?: string | undefined
}

/**
 * Chooses or changes name, e-mail and password. A new password ends the person's other sign-ins and every sign-in link.
 *
 * @throws AppError `sign-in.failed` when the current password is asked and wrong, `sign-in.throttled`, `account.email-taken`
 */
export async function setCredentials(
  deps: CredentialsDeps,
  actor: { userId: UserId; signInId: string; address: string },
  chosen: ChosenCredentials,
): Promise<UserRow> {
  const verified = await requireCurrentPassword(deps, actor, chosen.currentPassword)
  // Before the transaction: 30 ms of work that needs no lock.
  const newHash = chosen.password === undefined ? null : await hashPassword(chosen.password)
  return deps.database.transaction(async (em) => {
    const user = requireUser(await findUserLocked(em, actor.userId))
    // What was asked for is not what is stored any more: somebody else has changed it meanwhile.
    if ((user.passwordHash ?? null) !== verified) throw new AppError('sign-in.required')
    await changeCredentials(em, user, { name: chosen.name, email: chosen.email, passwordHash: newHash ?? verified })
    if (newHash === null) return user
    await deleteLinks(em, user.id, { ofAdministrator: user.role === 'admin' })
    const signInIds = await deleteOtherSignIns(em, user.id, actor.signInId)
    afterCommit(em, () => deps.domainEvents.emit('sign-in.ended', { signInIds, userId: user.id }))
    return user
  })
}

/**
 * Proof that whoever sits at an open browser is its owner.
 *
 * @returns the hash that it was asked against; null where there is none
 * @throws AppError `sign-in.failed`, `sign-in.throttled`
 */
export async function requireCurrentPassword(
  { database, guard }: Pick<CredentialsDeps, 'database' | 'guard'>,
  { userId, address }: { readonly userId: UserId; readonly address: string },
  current: string | undefined,
): Promise<string | null> {
  const stored = requireUser(await findUser(database.em(), userId)).passwordHash
  if (typeof stored !== 'string') return null
  // Counted apart from the sign-ins of the account: who sits at an open browser must not lock its owner out.
  const succeeded = await guard.begin({ account: `current password of ${userId}`, userId: null, address })
  if (current !== undefined && (await verifyPassword(current, stored))) {
    await succeeded()
    return stored
  }
  throw new AppError('sign-in.failed', {
    message: 'The current password is wrong.',
    cure: 'Type the password you use now; without it ask another administrator.',
  })
}

function requireUser(user: UserRow | null): UserRow {
  // The account went away between the sign-in check and here.
  if (user === null) throw new AppError('sign-in.required')
  return user
}
