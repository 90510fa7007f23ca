import { AppError } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../../platform/database/database.ts'
import { administratorHasPassword, ensureAdministrator, forgetPassword, type UserRow } from '../users/index.ts'
import { newToken } from './sign-in-token.ts'
import { insertSignIn, replaceLinks, useLink } from './sign-ins.queries.ts'

export interface SignedIn {
  readonly user: UserRow
  /** For the cookie. */
  readonly token: string
}

interface LinkDeps {
  readonly database: Database
  readonly now: () => number
}

/**
 * Signs the administrator in with a one-time link; their account is made by the first one. A link made for somebody who lost their
 * password takes the password away, so that they can choose another.
 *
 * @throws AppError `sign-in.link-invalid` for a link that is unknown, used, over, or useless because a password was chosen meanwhile
 */
export function signInWithLink({ database, now }: LinkDeps, linkToken: string): Promise<SignedIn> {
  return database.transaction(async (em) => {
    // The row that is updated here holds off a second user of the same link until this one is through.
    if (!(await useLink(em, linkToken, now()))) throw new AppError('sign-in.link-invalid')
    const user = await ensureAdministrator(em, new Date(now()))
    await forgetPassword(em, user)
    const token = newToken()
    await insertSignIn(em, user.id, token, now())
    return { user, token }
  })
}

/** A new sign-in link while no administrator has chosen a password, else null. Links made before stop working. */
export function makeFirstSignInLink(deps: LinkDeps): Promise<string | null> {
  return deps.database.transaction(async (em) => ((await administratorHasPassword(em)) ? null : writeLink(em, deps)))
}

/** A new sign-in link whether or not there is a password: only for who has proven to own this machine. Links made before stop working. */
export const makeSignInLink = (deps: LinkDeps): Promise<string> => deps.database.transaction((em) => writeLink(em, deps))

async function writeLink(em: EntityManager, { now }: LinkDeps): Promise<string> {
  const token = newToken()
  await replaceLinks(em, token, now())
  return token
}
