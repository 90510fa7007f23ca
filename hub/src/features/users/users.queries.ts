import { randomUUID } from 'node:crypto'
import { AppError, UserId, type UserRole } from '@holdfast/shared-types'
import { LockMode, type EntityManager } from '@mikro-orm/postgresql'
import { brokenUnique } from '../../platform/database/translate-driver-error.ts'
import { UserEntity, type UserRow } from './user.entity.ts'

/** E-mail addresses are compared without regard to case, as people type them. */
export const normaliseEmail = (email: string): string => email.trim().toLowerCase()

export const findUser = (em: EntityManager, userId: UserId): Promise<UserRow | null> => em.findOne(UserEntity, { id: userId })

/** The same, locked until the end of the transaction. */
export const findUserLocked = (em: EntityManager, userId: UserId): Promise<UserRow | null> =>
  em.findOne(UserEntity, { id: userId }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true })

export const findUserByEmail = (em: EntityManager, email: string): Promise<UserRow | null> =>
  em.findOne(UserEntity, { email: normaliseEmail(email) })

/** False on a new hub, and until its administrator has chosen a password. */
export async function administratorHasPassword(em: EntityManager): Promise<boolean> {
  return (await em.count(UserEntity, { role: 'admin', passwordHash: { $ne: null } })) > 0
}

/** All, by name. */
export const listUserRows = (em: EntityManager): Promise<UserRow[]> => em.find(UserEntity, {}, { orderBy: { name: 'asc', id: 'asc' } })

/** As `findUserLocked`. @throws AppError `account.not-found` */
export async function lockUser(em: EntityManager, userId: UserId): Promise<UserRow> {
  const user = await findUserLocked(em, userId)
  if (user === null) throw new AppError('account.not-found')
  return user
}

/**
 * Administrators who may get in, locked in one order until the end of the transaction: of two who put each other down at once the second
 * sees what the first has done.
 */
export async function lockLivingAdmins(em: EntityManager): Promise<UserId[]> {
  const rows = await em.find(
    UserEntity,
    { role: 'admin', disabledAt: null },
    { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: 'asc' }, refresh: true },
  )
  // The lock was waited for: what is read now is what holds.
  return rows.filter((row) => row.role === 'admin' && (row.disabledAt ?? null) === null).map((row) => row.id)
}

export interface NewUser {
  readonly name: string
  readonly email: string
  readonly role: UserRole
}

/** An account without a password. @throws AppError `account.email-taken` */
export async function insertUser(em: EntityManager, user: NewUser, now: Date): Promise<UserRow> {
  const row = em.create(UserEntity, {
    id: UserId.parse(randomUUID()),
    name: user.name,
    email: normaliseEmail(user.email),
    role: user.role,
    passwordHash: null,
    createdAt: now,
    disabledAt: null,
  })
  await flushEmail(em)
  return row
}

export interface UserChange {
  readonly name?: string | undefined
  readonly email?: string | undefined
  readonly role?: UserRole | undefined
  readonly disabledAt?: Date | null
}

/** @throws AppError `account.email-taken` */
export async function changeUser(em: EntityManager, user: UserRow, { name, email, role, disabledAt }: UserChange): Promise<void> {
  em.assign(user, {
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { email: normaliseEmail(email) }),
    ...(role === undefined ? {} : { role }),
    ...(disabledAt === undefined ? {} : { disabledAt }),
  })
  await flushEmail(em)
}

/** With everything that hangs on the account: sign-ins, links, API tokens. */
export const deleteUser = (em: EntityManager, userId: UserId): Promise<number> => em.nativeDelete(UserEntity, { id: userId })

/** The oldest administrator who may get in; made on first use. Call it in a transaction that holds others off. */
export async function ensureAdministrator(em: EntityManager, now: Date): Promise<UserRow> {
  const [known] = await em.find(UserEntity, { role: 'admin', disabledAt: null }, { orderBy: { createdAt: 'asc' }, limit: 1 })
  if (known) return known
  const id = UserId.parse(randomUUID())
  const made = em.create(UserEntity, {
    id,
    name: 'Administrator',
    email: null,
    role: 'admin',
    passwordHash: null,
    createdAt: now,
    disabledAt: null,
  })
  await em.flush()
  return made
}

/** @throws AppError `account.email-taken` */
export async function changeCredentials(
  em: EntityManager,
  user: UserRow,
  chosen: { name: string; email: string; passwordHash: string | null },
): Promise<void> {
  em.assign(user, { name: chosen.name, email: normaliseEmail(chosen.email), passwordHash: chosen.passwordHash })
  await flushEmail(em)
}

async function flushEmail(em: EntityManager): Promise<void> {
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
