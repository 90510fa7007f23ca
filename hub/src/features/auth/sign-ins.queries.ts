import type { UserId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { UserEntity, type UserRow } from '../users/index.ts'
import { SignInEntity, SignInLinkEntity, type SignInRow } from './sign-in.entity.ts'
import { hashToken } from './sign-in-token.ts'

/** A sign-in ends 12 h after its last use and 7 days after its begin (architecture §2). */
export const idleMs = 12 * 3_600_000
export const absoluteMs = 7 * 24 * 3_600_000
/** Use is noted this often: a page that polls must not write a row each time. */
const noteUseEveryMs = 60_000
/** A sign-in link lives for a day. */
export const linkLifeMs = 24 * 3_600_000

/** What the outside may know of a sign-in: hex of the stored hash. */
export const signInIdOf = (tokenHash: Uint8Array): string => Buffer.from(tokenHash).toString('hex')
const hashOfId = (signInId: string): Buffer => Buffer.from(signInId, 'hex')

export interface LivingSignIn {
  readonly signInId: string
  readonly user: UserRow
}

/** The sign-in that a cookie's token stands for, if it still holds; notes its use. */
export async function findLivingSignIn(
  em: EntityManager,
  { token, address }: { readonly token: string; readonly address: string },
  nowMs: number,
): Promise<LivingSignIn | null> {
  const signIn = await em.findOne(SignInEntity, { tokenHash: hashToken(token) })
  if (signIn === null || signIn.expiresAt.getTime() <= nowMs || signIn.seenAt.getTime() + idleMs <= nowMs) return null
  const user = await em.findOne(UserEntity, { id: signIn.userId })
  if (user === null || (user.disabledAt ?? null) !== null) return null
  if (nowMs - signIn.seenAt.getTime() > noteUseEveryMs || signIn.address !== address)
    await em.nativeUpdate(SignInEntity, { tokenHash: signIn.tokenHash }, { seenAt: new Date(nowMs), address })
  return { signInId: signInIdOf(signIn.tokenHash), user }
}

export interface NewSignIn {
  readonly userId: UserId
  readonly token: string
  readonly device: string | null
  readonly address: string
}

export async function insertSignIn(em: EntityManager, { userId, token, device, address }: NewSignIn, nowMs: number): Promise<void> {
  const at = new Date(nowMs)
  em.create(SignInEntity, {
    tokenHash: hashToken(token),
    userId,
    createdAt: at,
    seenAt: at,
    expiresAt: new Date(nowMs + absoluteMs),
    device,
    address,
  })
  await em.flush()
}

/** A person's sign-ins that still hold, last used first. */
export const listSignInRows = (em: EntityManager, userId: UserId, nowMs: number): Promise<SignInRow[]> =>
  em.find(
    SignInEntity,
    { userId, expiresAt: { $gt: new Date(nowMs) }, seenAt: { $gt: new Date(nowMs - idleMs) } },
    { orderBy: { seenAt: 'desc', createdAt: 'desc' } },
  )

/** When each person was last seen in a sign-in that still holds. */
export async function lastSeenByUser(em: EntityManager, nowMs: number): Promise<ReadonlyMap<UserId, number>> {
  const living = { expiresAt: { $gt: new Date(nowMs) }, seenAt: { $gt: new Date(nowMs - idleMs) } }
  const rows = await em.find(SignInEntity, living, { orderBy: { seenAt: 'asc' } })
  return new Map(rows.map((row) => [row.userId, row.seenAt.getTime()]))
}

/** @returns false when it is not this person's, or has ended already */
export async function deleteOwnSignIn(em: EntityManager, userId: UserId, signInId: string): Promise<boolean> {
  return (await em.nativeDelete(SignInEntity, { userId, tokenHash: hashOfId(signInId) })) === 1
}

/** Ends all sign-ins of a person but one. @returns the ids of those that ended */
export async function deleteOtherSignIns(em: EntityManager, userId: UserId, keptSignInId: string): Promise<string[]> {
  const others = await em.find(SignInEntity, { userId, tokenHash: { $ne: hashOfId(keptSignInId) } })
  await em.nativeDelete(SignInEntity, { tokenHash: { $in: others.map((signIn) => signIn.tokenHash) } })
  return others.map((signIn) => signInIdOf(signIn.tokenHash))
}

/** Those of the given ids whose sign-in still holds. */
export async function livingSignInIds(em: EntityManager, signInIds: readonly string[], nowMs: number): Promise<Set<string>> {
  const living = await em.find(SignInEntity, {
    tokenHash: { $in: signInIds.map(hashOfId) },
    expiresAt: { $gt: new Date(nowMs) },
    seenAt: { $gt: new Date(nowMs - idleMs) },
  })
  return new Set(living.map((signIn) => signInIdOf(signIn.tokenHash)))
}

/** Removes rows that nobody can use any more. */
export async function deleteEnded(em: EntityManager, nowMs: number): Promise<void> {
  const now = new Date(nowMs)
  await em.nativeDelete(SignInEntity, { $or: [{ expiresAt: { $lte: now } }, { seenAt: { $lte: new Date(nowMs - idleMs) } }] })
  await em.nativeDelete(SignInLinkEntity, { expiresAt: { $lte: now } })
}

/** Puts this link in the place of the others of the same person. @param userId null: the administrator, as it is on a new hub */
export async function replaceLinks(em: EntityManager, userId: UserId | null, token: string, nowMs: number): Promise<void> {
  await em.nativeDelete(SignInLinkEntity, { userId })
  em.create(SignInLinkEntity, {
    tokenHash: hashToken(token),
    userId,
    createdAt: new Date(nowMs),
    expiresAt: new Date(nowMs + linkLifeMs),
    usedAt: null,
  })
  await em.flush()
}

/** Uses a link up; of two at once only one gets it. @returns whose it is, or null for a link that is unknown, used or over */
export async function useLink(em: EntityManager, token: string, nowMs: number): Promise<{ readonly userId: UserId | null } | null> {
  const now = new Date(nowMs)
  const tokenHash = hashToken(token)
  const used = await em.nativeUpdate(SignInLinkEntity, { tokenHash, usedAt: null, expiresAt: { $gt: now } }, { usedAt: now })
  if (used !== 1) return null
  const link = await em.findOneOrFail(SignInLinkEntity, { tokenHash })
  return { userId: link.userId ?? null }
}

/** Ends the links of a person who has a password now, and of an administrator those for whoever is one. */
export const deleteLinks = (
  em: EntityManager,
  userId: UserId,
  { ofAdministrator }: { readonly ofAdministrator: boolean },
): Promise<number> => em.nativeDelete(SignInLinkEntity, { $or: [{ userId }, ...(ofAdministrator ? [{ userId: null }] : [])] })

/** Ends all sign-ins and links of a person. @returns the sign-ins that were ended */
export async function deleteAllOf(em: EntityManager, userId: UserId): Promise<string[]> {
  const rows = await em.find(SignInEntity, { userId })
  await em.nativeDelete(SignInEntity, { userId })
  await em.nativeDelete(SignInLinkEntity, { userId })
  return rows.map((row) => signInIdOf(row.tokenHash))
}
