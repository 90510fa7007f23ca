import type { UserId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { UserEntity, type UserRow } from '../users/index.ts'
import { SignInEntity, SignInLinkEntity } from './sign-in.entity.ts'
import { hashToken } from './sign-in-token.ts'

/** A sign-in ends 12 h after its last use and 7 days after its begin (architecture §2). */
export const idleMs = 12 * 3_600_000
export const absoluteMs = 7 * 24 * 3_600_000
/** Use is noted this often: a page that polls must not write a row each time. */
const noteUseEveryMs = 60_000
/** A sign-in link lives for a day. */
const linkLifeMs = 24 * 3_600_000

/** What the outside may know of a sign-in: hex of the stored hash. */
export const signInIdOf = (tokenHash: Uint8Array): string => Buffer.from(tokenHash).toString('hex')
const hashOfId = (signInId: string): Buffer => Buffer.from(signInId, 'hex')

export interface LivingSignIn {
  readonly signInId: string
  readonly user: UserRow
}

/** The sign-in that a cookie's token stands for, if it still holds; notes its use. */
export async function findLivingSignIn(em: EntityManager, token: string, nowMs: number): Promise<LivingSignIn | null> {
  const signIn = await em.findOne(SignInEntity, { tokenHash: hashToken(token) })
  if (signIn === null || signIn.expiresAt.getTime() <= nowMs || signIn.seenAt.getTime() + idleMs <= nowMs) return null
  const user = await em.findOne(UserEntity, { id: signIn.userId })
  if (user === null) return null
  if (nowMs - signIn.seenAt.getTime() > noteUseEveryMs)
    await em.nativeUpdate(SignInEntity, { tokenHash: signIn.tokenHash }, { seenAt: new Date(nowMs) })
  return { signInId: signInIdOf(signIn.tokenHash), user }
}

export async function insertSignIn(em: EntityManager, userId: UserId, token: string, nowMs: number): Promise<void> {
  const at = new Date(nowMs)
  em.create(SignInEntity, { tokenHash: hashToken(token), userId, createdAt: at, seenAt: at, expiresAt: new Date(nowMs + absoluteMs) })
  await em.flush()
}

export const deleteSignIn = (em: EntityManager, signInId: string): Promise<number> =>
  em.nativeDelete(SignInEntity, { tokenHash: hashOfId(signInId) })

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

/** Puts this link in the place of all others. */
export async function replaceLinks(em: EntityManager, token: string, nowMs: number): Promise<void> {
  await em.nativeDelete(SignInLinkEntity, {})
  em.create(SignInLinkEntity, {
    tokenHash: hashToken(token),
    createdAt: new Date(nowMs),
    expiresAt: new Date(nowMs + linkLifeMs),
    usedAt: null,
  })
  await em.flush()
}

/** Uses a link up. @returns false for one that is unknown, used or over; of two at once only one gets true */
export async function useLink(em: EntityManager, token: string, nowMs: number): Promise<boolean> {
  const now = new Date(nowMs)
  const used = await em.nativeUpdate(
    SignInLinkEntity,
    { tokenHash: hashToken(token), usedAt: null, expiresAt: { $gt: now } },
    { usedAt: now },
  )
  return used === 1
}

export const deleteLinks = (em: EntityManager): Promise<number> => em.nativeDelete(SignInLinkEntity, {})
