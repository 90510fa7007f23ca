import type { User } from '@holdfast/shared-types'
import type { UserRow } from './user.entity.ts'

export const presentUser = (user: UserRow): User => ({
  id: user.id,
  name: user.name,
  email: user.email ?? null,
  role: user.role,
  hasPassword: typeof user.passwordHash === 'string',
})
