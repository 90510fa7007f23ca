import { AppError, type UserId } from '@holdfast/shared-types'
import { z } from 'zod'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import type { UserActor } from '../../platform/http/actor.ts'
import { adminCommand, type Feature } from '../../platform/http/define-feature.ts'
import type { IdentitySource } from '../../platform/http/resolve-actor.ts'
import type { HubServices } from '../../platform/services.ts'
import { findUserByEmail } from '../users/index.ts'
import { authRoutes } from './auth.routes.ts'
import { requireCurrentPassword } from './set-credentials.ts'
import { createSignInGuard } from './sign-in-guard.ts'
import { makeFirstSignInLink, makeSignInLink } from './sign-in-with-link.ts'
import { tokenLength } from './sign-in-token.ts'
import { deleteEnded, findLivingSignIn, livingSignInIds } from './sign-ins.queries.ts'

export interface Auth extends Pick<IdentitySource, 'findSignIn'> {
  readonly feature: Feature
  /** Those of the given people whose sign-in holds no more. */
  endedAmong(actors: readonly UserActor[]): Promise<ReadonlySet<UserActor>>
  /**
   * Proof that the person is still there: their current password, unless they have none.
   * @throws AppError `sign-in.failed`, `sign-in.throttled`
   */
  provePassword(userId: UserId, address: string, password: string | undefined): Promise<void>
  /** A one-time address for the administrator, or null once one has chosen a password. */
  signInLink(): Promise<string | null>
}

const tidyEveryMs = 3_600_000

/** The address that a person opens to sign in with a link. In the fragment: it never reaches a server's or proxy's log. */
export const signInAddress = (origin: string, token: string): string => `${origin}/sign-in#token=${token}`

export function createAuth(services: HubServices, cookieName: string): Auth {
  const { database, domainEvents, log, now, secret } = services
  const guard = createSignInGuard({ database, secret, now })
  let timer: NodeJS.Timeout | undefined
  const tidy = () =>
    Promise.all([deleteEnded(database.em(), now()), guard.tidy()]).catch((error: unknown) =>
      log.warn({ event: 'sign-ins.untidy', err: error }, 'Ended sign-ins could not be removed'),
    )
  const addressOf = (token: string) => signInAddress(services.origin(), token)
  const makeLinkFor = async (email: string | undefined) => {
    const userId = email === undefined ? null : await findAccount(services, email)
    return { url: addressOf(await makeSignInLink({ database, now }, userId)) }
  }
  return {
    feature: {
      name: 'auth',
      routes: authRoutes({ database, domainEvents, guard, log, now, cookieName }),
      adminCommands: {
        'sign-in-link.create': adminCommand(z.strictObject({ email: z.string().max(320).optional() }), ({ email }) => makeLinkFor(email)),
      },
      async start() {
        await tidy()
        timer = setInterval(() => void tidy(), tidyEveryMs).unref()
      },
      async stop() {
        clearInterval(timer)
      },
    },
    async findSignIn(token, address) {
      if (token.length !== tokenLength) return null
      const found = await findLivingSignIn(database.em(), { token, address }, now())
      return found && { kind: 'user', userId: found.user.id, name: found.user.name, role: found.user.role, signInId: found.signInId }
    },
    async endedAmong(actors) {
      const held = actors.flatMap(({ signInId }) => (signInId === null ? [] : [signInId]))
      const living = await livingSignInIds(database.em(), [...new Set(held)], now())
      return new Set(actors.filter(({ signInId }) => signInId !== null && !living.has(signInId)))
    },
    async provePassword(userId, address, password) {
      await requireCurrentPassword({ database, guard }, { userId, address }, password)
    },
    async signInLink() {
      const token = await makeFirstSignInLink({ database, now })
      return token === null ? null : addressOf(token)
    },
  }
}

/** @throws AppError `account.not-found` */
async function findAccount({ database }: HubServices, email: string): Promise<UserId> {
  const user = await findUserByEmail(database.em(), email)
  if (user === null) throw new AppError('account.not-found')
  tellAudit({ object: { kind: 'account', id: user.id, name: user.name } })
  return user.id
}
