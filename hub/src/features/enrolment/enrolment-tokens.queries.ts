import type { AgentId, VaultId } from '@holdfast/shared-types'
import type { EntityManager } from '@mikro-orm/postgresql'
import { EnrolmentTokenEntity } from './enrolment-token.entity.ts'

export interface NewToken {
  readonly tokenHash: Buffer
  readonly name: string | null
  readonly vaultId: VaultId | null
  readonly createdBy: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

export async function insertToken(em: EntityManager, token: NewToken): Promise<void> {
  em.create(EnrolmentTokenEntity, { ...token, usedAt: null, agentId: null })
  await em.flush()
}

/**
 * Uses a token up for one agent. The row stays locked until the transaction ends, so of two agents with one token the second waits and
 * then finds it used, or, after a rollback, still good.
 *
 * @returns the name and vault that were chosen with the token, or null when the token is unknown, used or over
 */
export async function useToken(
  em: EntityManager,
  tokenHash: Buffer,
  agentId: AgentId,
  now: Date,
): Promise<{ readonly name: string | null; readonly vaultId: VaultId | null } | null> {
  const used = await em.nativeUpdate(EnrolmentTokenEntity, { tokenHash, usedAt: null, expiresAt: { $gt: now } }, { usedAt: now, agentId })
  if (used !== 1) return null
  const row = await em.findOneOrFail(EnrolmentTokenEntity, { tokenHash })
  return { name: row.name ?? null, vaultId: row.vaultId ?? null }
}

/** Removes tokens that nobody can use any more; used ones stay for a while to say who came in by them. */
export const deleteOldTokens = (em: EntityManager, before: Date): Promise<number> =>
  em.nativeDelete(EnrolmentTokenEntity, { expiresAt: { $lte: before } })
