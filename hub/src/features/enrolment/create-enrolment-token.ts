import { createHash, randomBytes } from 'node:crypto'
import type { VaultId } from '@holdfast/shared-types'
import type { Database } from '../../platform/database/database.ts'
import { insertToken } from './enrolment-tokens.queries.ts'

/** An hour: long enough to walk to another machine, short enough that a copied command is worthless tomorrow. */
const tokenLifeMs = 3_600_000

export const hashEnrolmentToken = (token: string): Buffer => createHash('sha256').update(token).digest()

export interface EnrolmentToken {
  readonly token: string
  readonly expiresAtMs: number
  readonly hubUrl: string
  /** To be pasted on the new device. */
  readonly command: string
}

interface TokenDeps {
  readonly database: Database
  readonly now: () => number
  readonly origin: () => string
}

export async function createEnrolmentToken(
  { database, now, origin }: TokenDeps,
  wish: { name: string | null; vaultId: VaultId | null; createdBy: string },
): Promise<EnrolmentToken> {
  const token = randomBytes(32).toString('base64url')
  const expiresAtMs = now() + tokenLifeMs
  await insertToken(database.em(), {
    tokenHash: hashEnrolmentToken(token),
    ...wish,
    createdAt: new Date(now()),
    expiresAt: new Date(expiresAtMs),
  })
  const hubUrl = origin()
  return { token, expiresAtMs, hubUrl, command: `holdfast enrol ${hubUrl} --token ${token}` }
}
