import type { Account, User } from '@holdfast/shared-types'
import type { UserRow } from './user.entity.ts'

export const presentUser = (user: UserRow): User => ({
  id: user.id,
  name: user.name,
  email: user.email ?? null,
  role: user.role,
  hasPassword: typeof user.passwordHash === 'string',
})

/** @param lastSeenAtMs last use of a sign-in that still holds */
export const presentAccount = (user: UserRow, lastSeenAtMs: number | null): Account => ({
  ...presentUser(user),
  createdAtMs: user.createdAt.getTime(),
  disabledAtMs: user.disabledAt?.getTime() ?? null,
  lastSeenAtMs,
})
