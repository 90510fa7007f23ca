import { z } from 'zod'
import { Account, SignIn, UserRole } from '../../model/user.ts'
import { UserId } from '../../primitives/ids.ts'
import { TimeMs } from '../../primitives/wire-path.ts'
import { route, type RouteContract } from '../route.ts'
import { Empty, list, v1 } from './parts.ts'

const users = `${v1}/users`
const oneUser = `${users}/{userId}`
const ofUser = z.object({ userId: UserId })
const PersonName = z.string().trim().min(1).max(120)
/** Given to a person by whom asked for it: it opens their account once and lets them choose a password. */
const SignInLink = { signInUrl: z.string(), expiresAtMs: TimeMs }
const currentPassword = z
  .string()
  .max(1024)
  .optional()
  .describe('Yours, if you have one: needed where an administrator is made, or the account of one opened')

export const peopleRoutes = {
  listUsers: route({ method: 'get', path: users, summary: 'All accounts', tag: 'People', actor: 'user', response: list(Account) }),

  createUser: route({
    method: 'post',
    path: users,
    summary: 'Make an account; the answer has a one-time link with which its owner signs in and chooses a password',
    tag: 'People',
    actor: 'user',
    body: z.strictObject({ name: PersonName, email: z.email().max(320), role: UserRole, currentPassword }),
    response: z.object({ user: Account, ...SignInLink }),
    status: 201,
  }),

  updateUser: route({
    method: 'patch',
    path: oneUser,
    summary: 'Change the name, e-mail address or role of an account',
    tag: 'People',
    actor: 'user',
    params: ofUser,
    body: z.strictObject({ name: PersonName.optional(), email: z.email().max(320).optional(), role: UserRole.optional(), currentPassword }),
    response: Account,
  }),

  disableUser: route({
    method: 'post',
    path: `${oneUser}/disable`,
    summary: 'Close an account: its sign-ins end and its API tokens are refused at once',
    tag: 'People',
    actor: 'user',
    params: ofUser,
    response: Account,
  }),

  enableUser: route({
    method: 'post',
    path: `${oneUser}/enable`,
    summary: 'Open a closed account again',
    tag: 'People',
    actor: 'user',
    params: ofUser,
    response: Account,
  }),

  removeUser: route({
    method: 'delete',
    path: oneUser,
    summary: 'Remove an account with its sign-ins and API tokens',
    tag: 'People',
    actor: 'user',
    params: ofUser,
    response: Empty,
  }),

  createSignInLink: route({
    method: 'post',
    path: `${oneUser}/sign-in-link`,
    summary: 'A new one-time link for somebody who lost the password; using it takes the old password away',
    tag: 'People',
    actor: 'user',
    params: ofUser,
    body: z.strictObject({ currentPassword }).default({}),
    response: z.object(SignInLink),
    status: 201,
  }),

  listMySignIns: route({
    method: 'get',
    path: `${v1}/me/sign-ins`,
    summary: 'Where you are signed in, last used first',
    tag: 'Sign-in',
    actor: 'user',
    response: list(SignIn),
  }),

  endMySignIn: route({
    method: 'delete',
    path: `${v1}/me/sign-ins/{signInId}`,
    summary: 'End one of your sign-ins',
    tag: 'Sign-in',
    actor: 'user',
    params: z.object({ signInId: SignIn.shape.id }),
    response: Empty,
  }),

  endMyOtherSignIns: route({
    method: 'post',
    path: `${v1}/me/sign-ins/end-others`,
    summary: 'End all of your sign-ins but this one',
    tag: 'Sign-in',
    actor: 'user',
    response: z.object({ ended: z.int().min(0) }),
  }),
} as const satisfies Record<string, RouteContract>
