import { z } from 'zod'
import { adminCommand, type Feature } from '../../platform/http/define-feature.ts'
import type { IdentitySource } from '../../platform/http/resolve-actor.ts'
import type { HubServices } from '../../platform/services.ts'
import { authRoutes } from './auth.routes.ts'
import { createFailedSignIns } from './failed-sign-ins.ts'
import { makeFirstSignInLink, makeSignInLink } from './sign-in-with-link.ts'
import { tokenLength } from './sign-in-token.ts'
import { deleteEnded, findLivingSignIn, livingSignInIds } from './sign-ins.queries.ts'

export interface Auth extends Pick<IdentitySource, 'findSignIn'> {
  readonly feature: Feature
  /** Those of the given sign-ins that still hold. */
  livingSignIns(signInIds: readonly string[]): Promise<ReadonlySet<string>>
  /** A one-time address for the administrator, or null once one has chosen a password. */
  signInLink(): Promise<string | null>
}

const tidyEveryMs = 3_600_000

export function createAuth(services: HubServices, cookieName: string): Auth {
  const { database, domainEvents, log, now } = services
  const failedSignIns = createFailedSignIns(now)
  let timer: NodeJS.Timeout | undefined
  const tidy = () =>
    deleteEnded(database.em(), now()).catch((error: unknown) =>
      log.warn({ event: 'sign-ins.untidy', err: error }, 'Ended sign-ins could not be removed'),
    )

  // In the fragment: it never reaches a server's or proxy's log.
  const addressOf = (token: string) => `${services.origin()}/sign-in#token=${token}`
  return {
    feature: {
      name: 'auth',
      routes: authRoutes({ database, domainEvents, failedSignIns, log, now, cookieName }),
      adminCommands: {
        'sign-in-link.create': adminCommand(z.strictObject({}), async () => ({ url: addressOf(await makeSignInLink({ database, now })) })),
      },
      async start() {
        await tidy()
        timer = setInterval(() => void tidy(), tidyEveryMs).unref()
      },
      async stop() {
        clearInterval(timer)
      },
    },
    async findSignIn(token) {
      if (token.length !== tokenLength) return null
      const found = await findLivingSignIn(database.em(), token, now())
      return found && { kind: 'user', userId: found.user.id, name: found.user.name, role: found.user.role, signInId: found.signInId }
    },
    livingSignIns: (signInIds) => livingSignInIds(database.em(), signInIds, now()),
    async signInLink() {
      const token = await makeFirstSignInLink({ database, now })
      return token === null ? null : addressOf(token)
    },
  }
}
