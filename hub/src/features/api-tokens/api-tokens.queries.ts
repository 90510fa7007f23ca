import type { ApiTokenId, UserId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { findUser, UserEntity, type UserRow } from '../users/index.ts'
import { ApiTokenEntity, type ApiTokenRow } from './api-token.entity.ts'

/** Use is noted this often: a program that polls must not write a row each time. */
const noteUseEveryMs = 60_000

export async function insertApiToken(
  em: EntityManager,
  token: Omit<ApiTokenRow, 'lastUsedAt' | 'lastUsedAddress' | 'revokedAt'>,
): Promise<ApiTokenRow> {
  const row = em.create(ApiTokenEntity, { ...token, lastUsedAt: null, lastUsedAddress: null, revokedAt: null })
  await em.flush()
  return row
}

/** Newest first. @param userId null: of everybody */
export const listApiTokenRows = (em: EntityManager, userId: UserId | null): Promise<ApiTokenRow[]> =>
  em.find(ApiTokenEntity, userId === null ? {} : { userId }, { orderBy: { createdAt: 'desc', id: 'desc' } })

/** @param userId null: whosever it is. @returns null when there is none */
export const findApiTokenRow = (em: EntityManager, id: ApiTokenId, userId: UserId | null): Promise<ApiTokenRow | null> =>
  em.findOne(ApiTokenEntity, userId === null ? { id } : { id, userId })

export async function noteRevoked(em: EntityManager, token: ApiTokenRow, at: Date): Promise<void> {
  em.assign(token, { revokedAt: at })
  await em.flush()
}

export interface LivingToken {
  readonly row: ApiTokenRow
  readonly user: UserRow
}

const isLiving = (row: ApiTokenRow, nowMs: number): boolean =>
  (row.revokedAt ?? null) === null && (row.expiresAt?.getTime() ?? Infinity) > nowMs

/** The token of this hash with its owner, if it holds and the owner's account is open; notes the use. */
export async function useApiToken(em: EntityManager, tokenHash: Buffer, address: string, nowMs: number): Promise<LivingToken | null> {
  const row = await em.findOne(ApiTokenEntity, { tokenHash })
  if (row === null || !isLiving(row, nowMs)) return null
  const user = await findUser(em, row.userId)
  if (user === null || (user.disabledAt ?? null) !== null) return null
  if (nowMs - (row.lastUsedAt?.getTime() ?? 0) > noteUseEveryMs || row.lastUsedAddress !== address)
    await em.nativeUpdate(ApiTokenEntity, { id: row.id }, { lastUsedAt: new Date(nowMs), lastUsedAddress: address })
  return { row, user }
}

/** Those of the given tokens that still hold: their owners' accounts are open too. */
export async function livingTokenIds(em: EntityManager, ids: readonly ApiTokenId[], nowMs: number): Promise<ReadonlySet<ApiTokenId>> {
  const rows = await em.find(ApiTokenEntity, { id: { $in: [...ids] } })
  const owners = await em.find(UserEntity, { id: { $in: rows.map((row) => row.userId) }, disabledAt: null })
  const open = new Set(owners.map((owner) => owner.id))
  return new Set(rows.filter((row) => isLiving(row, nowMs) && open.has(row.userId)).map((row) => row.id))
}
