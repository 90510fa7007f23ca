import { z } from 'zod'
import { User } from '../../model/user.ts'
import { route, type RouteContract } from '../route.ts'
import { Empty, v1 } from './parts.ts'

export const signInRoutes = {
  signInWithLink: route({
    method: 'post',
    path: `${v1}/sign-in/link`,
    summary: 'Sign in with a one-time link',
    tag: 'Sign-in',
    actor: 'none',
    body: z.strictObject({ token: z.string().min(20).max(200) }),
    response: User,
  }),

  signIn: route({
    method: 'post',
    path: `${v1}/sign-in`,
    summary: 'Sign in with e-mail and password',
    tag: 'Sign-in',
    actor: 'none',
    body: z.strictObject({ email: z.string().max(320), password: z.string().max(1024) }),
    response: User,
  }),

  signOut: route({ method: 'post', path: `${v1}/sign-out`, summary: 'End this sign-in', tag: 'Sign-in', actor: 'user', response: Empty }),

  getMe: route({ method: 'get', path: `${v1}/me`, summary: 'Who is signed in', tag: 'Sign-in', actor: 'user', response: User }),

  setCredentials: route({
    method: 'put',
    path: `${v1}/me/credentials`,
    summary: 'Choose name, e-mail address and password; a new password ends your other sign-ins',
    tag: 'Sign-in',
    actor: 'user',
    body: z.strictObject({
      name: z.string().trim().min(1).max(120),
      email: z.email().max(320),
      password: z.string().min(10).max(1024).optional().describe('Left out: it stays as it is'),
      currentPassword: z.string().max(1024).optional().describe('Needed once you have a password'),
    }),
    response: User,
  }),
} as const satisfies Record<string, RouteContract>
