import { z } from 'zod'
import { UserId } from '../primitives/ids.ts'

export const User = z
  .object({
    id: UserId,
    name: z.string(),
    email: z.string().nullable(),
    role: z.enum(['admin']),
    /** False = only a sign-in link opens this account; the console asks to choose a password. */
    hasPassword: z.boolean(),
  })
  .meta({ id: 'User', description: 'A person with an account' })
export type User = z.infer<typeof User>
