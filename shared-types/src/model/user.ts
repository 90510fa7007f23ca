import { z } from 'zod'
import { UserId } from '../primitives/ids.ts'
import { TimeMs } from '../primitives/wire-path.ts'

/** From the least to the most: who may do what is said by the hub's access rules, and each role may all that one before it may. */
export const userRoles = ['viewer', 'operator', 'admin'] as const
export const UserRole = z.enum(userRoles).describe('viewer: sees; operator: also starts and cancels runs; admin: everything')
export type UserRole = z.infer<typeof UserRole>

export const User = z
  .object({
    id: UserId,
    name: z.string(),
    email: z.string().nullable(),
    role: UserRole,
    /** False = only a sign-in link opens this account; the console asks to choose a password. */
    hasPassword: z.boolean(),
  })
  .meta({ id: 'User', description: 'A person with an account' })
export type User = z.infer<typeof User>

/** An account as administrators see it. */
export const Account = User.extend({
  createdAtMs: TimeMs,
  /** Not null = nobody gets in by it, and its API tokens are refused. */
  disabledAtMs: TimeMs.nullable(),
  /** Last use of a sign-in that still holds. */
  lastSeenAtMs: TimeMs.nullable(),
}).meta({ id: 'Account', description: 'An account as administrators see it' })
export type Account = z.infer<typeof Account>

/** One browser in which a person is signed in. */
export const SignIn = z
  .object({
    /** Of the sign-in, and not a way into it: hex of what the hub keeps of its cookie. */
    id: z.string().regex(/^[0-9a-f]{64}$/),
    device: z.string().nullable().describe('Browser and system, as far as they say'),
    address: z.string().nullable().describe('Where it was used last'),
    createdAtMs: TimeMs,
    lastSeenAtMs: TimeMs,
    expiresAtMs: TimeMs,
    isCurrent: z.boolean().describe('The one that asks'),
  })
  .meta({ id: 'SignIn', description: 'One browser in which a person is signed in' })
export type SignIn = z.infer<typeof SignIn>
