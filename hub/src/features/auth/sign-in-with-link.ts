import { AppError, type UserId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../platform/database/database.ts'
import { afterCommit } from '../../platform/database/unit-of-work.ts'
import type { DomainEventBus } from '../../platform/events/domain-events.ts'
import { administratorHasPassword, ensureAdministrator, findUser, forgetPassword, type UserRow } from '../users/index.ts'
import { newToken } from './sign-in-token.ts'
import { deleteAllOf, insertSignIn, linkLifeMs, replaceLinks, useLink } from './sign-ins.queries.ts'

export interface SignedIn {
  readonly user: UserRow
  /** For the cookie. */
  readonly token: string
}

/** From where somebody signs in. */
export interface SignInPlace {
  readonly address: string
  readonly device: string | null
}

interface LinkUseDeps extends LinkDeps {
  readonly domainEvents: DomainEventBus
}

interface LinkDeps {
  readonly database: Database
  readonly now: () => number
}

/**
 * Signs in whom a one-time link was made for; the administrator's account is made by the first one. A link made for somebody who lost
 * their password takes the password away, so that they can choose another, and ends their other sign-ins with it.
 *
 * @param tell is told who it is before the transaction is through
 * @throws AppError `sign-in.link-invalid` for a link that is unknown, used, over, of a closed account, or useless because a password
 * was chosen meanwhile
 */
export function signInWithLink(
  { database, domainEvents, now }: LinkUseDeps,
  linkToken: string,
  place: SignInPlace,
  tell: (user: UserRow) => void = () => undefined,
): Promise<SignedIn> {
  return database.transaction(async (em) => {
    // The row that is updated here holds off a second user of the same link until this one is through.
    const link = await useLink(em, linkToken, now())
    if (link === null) throw new AppError('sign-in.link-invalid')
    const user = link.userId === null ? await ensureAdministrator(em, new Date(now())) : await findUser(em, link.userId)
    if (user === null || (user.disabledAt ?? null) !== null) throw new AppError('sign-in.link-invalid')
    tell(user)
    if ((user.passwordHash ?? null) !== null) {
      await forgetPassword(em, user)
      // Whoever holds an older sign-in could choose a password now without the one that was asked for until now.
      const signInIds = await deleteAllOf(em, user.id)
      afterCommit(em, () => domainEvents.emit('sign-in.ended', { signInIds, userId: user.id }))
    }
    const token = newToken()
    await insertSignIn(em, { userId: user.id, token, ...place }, now())
    return { user, token }
  })
}

/** A new sign-in link while no administrator has chosen a password, else null. Links made before stop working. */
export function makeFirstSignInLink(deps: LinkDeps): Promise<string | null> {
  return deps.database.transaction(async (em) => ((await administratorHasPassword(em)) ? null : writeLink(em, null, deps.now())))
}

/**
 * A new sign-in link whether or not there is a password: only for who has proven to own this machine. Links made before stop working.
 *
 * @param userId null: the oldest administrator
 */
export const makeSignInLink = (deps: LinkDeps, userId: UserId | null = null): Promise<string> =>
  deps.database.transaction((em) => writeLink(em, userId, deps.now()))

async function writeLink(em: EntityManager, userId: UserId | null, nowMs: number): Promise<string> {
  const token = newToken()
  await replaceLinks(em, userId, token, nowMs)
  return token
}

/** A new link for an account, inside of the caller's transaction; one made for it before stops working. */
export async function addSignInLink(
  em: EntityManager,
  userId: UserId,
  nowMs: number,
): Promise<{ readonly token: string; readonly expiresAtMs: number }> {
  return { token: await writeLink(em, userId, nowMs), expiresAtMs: nowMs + linkLifeMs }
}
