import { AppError } from '@holdfast/shared-types'
import type { Database } from '../../platform/database/database.ts'
import { administratorHasPassword, ensureAdministrator, type UserRow } from '../users/index.ts'
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
 * Signs the administrator in with a one-time link; their account is made by the first one.
 *
 * @throws AppError `sign-in.link-invalid` for a link that is unknown, used, over, or useless because a password was chosen meanwhile
 */
export function signInWithLink({ database, now }: LinkDeps, linkToken: string): Promise<SignedIn> {
  return database.transaction(async (em) => {
    // The row that is updated here holds off a second user of the same link until this one is through.
    if (!(await useLink(em, linkToken, now()))) throw new AppError('sign-in.link-invalid')
    const user = await ensureAdministrator(em, new Date(now()))
    const token = newToken()
    await insertSignIn(em, user.id, token, now())
    return { user, token }
  })
}

/** A new sign-in link while no administrator has chosen a password, else null. Links made before stop working. */
export function makeSignInLink({ database, now }: LinkDeps): Promise<string | null> {
  return database.transaction(async (em) => {
    if (await administratorHasPassword(em)) return null
    const token = newToken()
    await replaceLinks(em, token, now())
    return token
  })
}
