import type { UserId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { FailedSignInEntity, SignInPlaceEntity } from './sign-in.entity.ts'
import type { FailureRule } from './failure-rules.ts'

/** The latest end of a wait of these keys; 0 where none has to wait. */
export async function blockedUntilMs(em: EntityManager, keys: readonly Buffer[], nowMs: number): Promise<number> {
  const rows = await em.find(FailedSignInEntity, { key: { $in: [...keys] }, blockedUntil: { $gt: new Date(nowMs) } })
  return Math.max(0, ...rows.map((row) => row.blockedUntil.getTime()))
}

/**
 * Counts one failure of a key, in one statement, so that of many at once each is counted.
 *
 * @returns false when the key has to wait now: then nothing was counted
 */
export async function countFailure(em: EntityManager, key: Buffer, rule: FailureRule, nowMs: number): Promise<boolean> {
  const now = new Date(nowMs)
  const rows = await em.execute<unknown[]>(
    `insert into failed_sign_in as f (key, count, last_at, blocked_until, forgotten_at) values (?, 1, ?, 'epoch', ?)
     on conflict (key) do update set
       count = case when f.forgotten_at <= excluded.last_at then 1 else f.count + 1 end,
       last_at = excluded.last_at,
       blocked_until = case when f.forgotten_at <= excluded.last_at or f.count + 1 < ? then 'epoch'
         else excluded.last_at + least(?, ? * power(2, least(f.count + 1 - ?, 30))) * interval '1 millisecond' end,
       forgotten_at = excluded.forgotten_at
     where f.blocked_until <= excluded.last_at
     returning count`,
    [key, now, new Date(nowMs + rule.memoryMs), rule.freeTries, rule.longestWaitMs, rule.firstWaitMs, rule.freeTries],
  )
  return rows.length > 0
}

/** The key has done nothing wrong. */
export const forgetFailures = (em: EntityManager, key: Buffer): Promise<number> => em.nativeDelete(FailedSignInEntity, { key })

/** Takes back one count of each key, with the wait that it brought: the try was let through, and turned out well. */
export async function takeBackFailures(em: EntityManager, keys: readonly Buffer[]): Promise<void> {
  for (const key of keys)
    await em.execute(`update failed_sign_in set count = greatest(count - 1, 0), blocked_until = 'epoch' where key = ?`, [key])
}

export async function knowsPlace(em: EntityManager, userId: UserId, addressHash: Buffer): Promise<boolean> {
  return (await em.count(SignInPlaceEntity, { userId, addressHash })) > 0
}

export const notePlace = (em: EntityManager, userId: UserId, addressHash: Buffer, now: Date): Promise<unknown> =>
  em.upsert(SignInPlaceEntity, { userId, addressHash, lastAt: now })

/** Removes what is forgotten, and places where nobody has signed in for long. */
export async function deleteForgotten(em: EntityManager, now: Date, placesBefore: Date): Promise<void> {
  await em.nativeDelete(FailedSignInEntity, { forgottenAt: { $lte: now } })
  await em.nativeDelete(SignInPlaceEntity, { lastAt: { $lte: placesBefore } })
}
