import { randomUUID } from 'node:crypto'
import { AppError, UserId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { brokenUnique } from '../../platform/database/translate-driver-error.ts'
import { UserEntity, type UserRow } from './user.entity.ts'

/** E-mail addresses are compared without regard to case, as people type them. */
export const normaliseEmail = (email: string): string => email.trim().toLowerCase()

export const findUser = (em: EntityManager, userId: UserId): Promise<UserRow | null> => em.findOne(UserEntity, { id: userId })

export const findUserByEmail = (em: EntityManager, email: string): Promise<UserRow | null> =>
  em.findOne(UserEntity, { email: normaliseEmail(email) })

/** False on a new hub, and until its administrator has chosen a password. */
export async function administratorHasPassword(em: EntityManager): Promise<boolean> {
  return (await em.count(UserEntity, { role: 'admin', passwordHash: { $ne: null } })) > 0
}

/** The oldest administrator; made on first use. Call it in a transaction that holds others off. */
export async function ensureAdministrator(em: EntityManager, now: Date): Promise<UserRow> {
  const [known] = await em.find(UserEntity, { role: 'admin' }, { orderBy: { createdAt: 'asc' }, limit: 1 })
  if (known) return known
  const id = UserId.parse(randomUUID())
  const made = em.create(UserEntity, { id, name: 'Administrator', email: null, role: 'admin', passwordHash: null, createdAt: now })
  await em.flush()
  return made
}

/** @throws AppError `account.email-taken` */
export async function changeCredentials(
  em: EntityManager,
  user: UserRow,
  chosen: { name: string; email: string; passwordHash: string },
): Promise<void> {
  em.assign(user, { name: chosen.name, email: normaliseEmail(chosen.email), passwordHash: chosen.passwordHash })
  try {
    await em.flush()
  } catch (error) {
    throw brokenUnique(error) === 'user_account_email_unique' ? new AppError('account.email-taken', { cause: error }) : error
  }
}

/** From now on only a sign-in link opens the account. */
export async function forgetPassword(em: EntityManager, user: UserRow): Promise<void> {
  em.assign(user, { passwordHash: null })
  await em.flush()
}
