import { AppError } from '@holdfast/shared-types'
import type { DomainEventBus } from '../../platform/events/domain-events.ts'
import type { Database } from '../../platform/database/database.ts'
import type { RequestContext, RouteHandlers } from '../../platform/http/define-feature.ts'
import type { Logger } from '../../platform/logging/logger.ts'
import { findUser, presentUser } from '../users/index.ts'
import type { FailedSignIns } from './failed-sign-ins.ts'
import { setCredentials } from './set-credentials.ts'
import { signInWithLink, type SignedIn } from './sign-in-with-link.ts'
import { signInWithPassword } from './sign-in-with-password.ts'
import { absoluteMs, deleteSignIn } from './sign-ins.queries.ts'

export interface AuthRouteDeps {
  readonly database: Database
  readonly domainEvents: DomainEventBus
  readonly failedSignIns: FailedSignIns
  readonly log: Logger
  readonly now: () => number
  readonly cookieName: string
}

export function authRoutes(deps: AuthRouteDeps): RouteHandlers {
  const welcome = ({ user, token }: SignedIn, ctx: RequestContext, kind: string) => {
    ctx.setCookie(deps.cookieName, token, { maxAgeMs: absoluteMs })
    deps.log.info({ event: 'user.signed-in', userId: user.id, kind }, 'Somebody signed in')
    return presentUser(user)
  }
  return {
    signInWithLink: async ({ body, ctx }) => {
      const keys = [`address ${ctx.address}`]
      deps.failedSignIns.requireCalm(keys)
      try {
        return welcome(await signInWithLink(deps, body.token), ctx, 'link')
      } catch (error) {
        if (error instanceof AppError && error.code === 'sign-in.link-invalid') deps.failedSignIns.failed(keys)
        throw error
      }
    },
    signIn: async ({ body, ctx }) => welcome(await signInWithPassword(deps, { ...body, address: ctx.address }), ctx, 'password'),
    signOut: async ({ actor, em, ctx }) => {
      await deleteSignIn(em, actor.signInId)
      ctx.setCookie(deps.cookieName, null, { maxAgeMs: 0 })
      await deps.domainEvents.emit('sign-in.ended', { signInIds: [actor.signInId], userId: actor.userId })
      deps.log.info({ event: 'user.signed-out', userId: actor.userId }, 'Somebody signed out')
      return {}
    },
    getMe: async ({ actor, em }) => {
      const user = await findUser(em, actor.userId)
      if (user === null) throw new AppError('sign-in.required')
      return presentUser(user)
    },
    setCredentials: async ({ actor, body }) => presentUser(await setCredentials(deps, actor, body)),
  }
}
