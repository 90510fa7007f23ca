import { AppError } from '@holdfast/shared-types'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import type { DomainEventBus } from '../../platform/events/domain-events.ts'
import type { Database } from '../../platform/database/database.ts'
import type { RequestContext, RouteHandlers } from '../../platform/http/define-feature.ts'
import type { Logger } from '../../platform/logging/logger.ts'
import { findUser, presentUser, type UserRow } from '../users/index.ts'
import { deviceText } from './device-text.ts'
import { endOtherSignIns, endOwnSignIn, listOwnSignIns, signedInBy } from './own-sign-ins.ts'
import { setCredentials } from './set-credentials.ts'
import type { SignInGuard } from './sign-in-guard.ts'
import { signInWithLink, type SignedIn, type SignInPlace } from './sign-in-with-link.ts'
import { signInWithPassword } from './sign-in-with-password.ts'
import { absoluteMs } from './sign-ins.queries.ts'

export interface AuthRouteDeps {
  readonly database: Database
  readonly domainEvents: DomainEventBus
  readonly guard: SignInGuard
  readonly log: Logger
  readonly now: () => number
  readonly cookieName: string
}

const placeOf = ({ address, headers }: RequestContext): SignInPlace => ({
  address,
  device: deviceText(String(headers['user-agent'] ?? '')),
})

/** Whose account is entered, or was tried. */
const tellAccount = (user: UserRow): void => tellAudit({ object: { kind: 'account', id: user.id, name: user.name } })

export function authRoutes(deps: AuthRouteDeps): RouteHandlers {
  const welcome = ({ user, token }: SignedIn, ctx: RequestContext, kind: string) => {
    ctx.setCookie(deps.cookieName, token, { maxAgeMs: absoluteMs })
    deps.log.info({ event: 'user.signed-in', userId: user.id, kind }, 'Somebody signed in')
    return presentUser(user)
  }
  return {
    signInWithLink: async ({ body, ctx }) => {
      const succeeded = await deps.guard.begin({ account: null, userId: null, address: ctx.address })
      const signedIn = await signInWithLink(deps, body.token, placeOf(ctx), tellAccount)
      await succeeded()
      return welcome(signedIn, ctx, 'link')
    },
    signIn: async ({ body, ctx }) =>
      welcome(await signInWithPassword(deps, { ...body, ...placeOf(ctx), tell: tellAccount }), ctx, 'password'),
    signOut: async ({ actor, ctx }) => {
      await endOwnSignIn(deps, actor, signedInBy(actor).signInId)
      ctx.setCookie(deps.cookieName, null, { maxAgeMs: 0 })
      deps.log.info({ event: 'user.signed-out', userId: actor.userId }, 'Somebody signed out')
      return {}
    },
    getMe: async ({ actor, em }) => {
      const user = await findUser(em, actor.userId)
      if (user === null) throw new AppError('sign-in.required')
      return presentUser(user)
    },
    setCredentials: async ({ actor, body, ctx }) =>
      presentUser(await setCredentials(deps, { ...signedInBy(actor), address: ctx.address }, body)),
    listMySignIns: async ({ actor, em }) => ({ items: await listOwnSignIns(em, actor, deps.now()) }),
    endMySignIn: async ({ actor, params, ctx }) => {
      await endOwnSignIn(deps, actor, params.signInId)
      if (params.signInId === actor.signInId) ctx.setCookie(deps.cookieName, null, { maxAgeMs: 0 })
      return {}
    },
    endMyOtherSignIns: async ({ actor }) => ({ ended: await endOtherSignIns(deps, actor) }),
  }
}
