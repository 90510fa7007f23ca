import { createHash, randomBytes, randomUUID } from 'node:crypto'
import {
  ApiTokenId,
  apiTokenPrefix,
  AppError,
  tokenScopes,
  userRoles,
  type ApiToken,
  type TokenScope,
  type UserId,
} from '@holdfast/shared-types'
import { tellAudit } from '../../platform/audit/audit-scope.ts'
import type { Database } from '../../platform/database/database.ts'
import { findUser } from '../users/index.ts'
import { presentApiToken } from './api-tokens.present.ts'
import { insertApiToken } from './api-tokens.queries.ts'

export const hashApiToken = (token: string): Buffer => createHash('sha256').update(token).digest()

/** Four letters of 43: 24 of 256 bits. */
const shownLetters = 4

export interface WantedToken {
  readonly name: string
  readonly scope: TokenScope
  /** Null: it does not expire. */
  readonly expiresInDays: number | null
}

export interface CreatedToken {
  /** Shown now and never again. */
  readonly token: string
  readonly apiToken: ApiToken
}

interface TokenDeps {
  readonly database: Database
  readonly now: () => number
}

/** @throws AppError `token.scope-too-wide`, `account.not-found`, `account.disabled` */
export function createApiToken({ database, now }: TokenDeps, userId: UserId, wanted: WantedToken): Promise<CreatedToken> {
  return database.transaction(async (em) => {
    const user = await findUser(em, userId)
    if (user === null) throw new AppError('account.not-found')
    if ((user.disabledAt ?? null) !== null) throw new AppError('account.disabled')
    // The scopes are made after the roles: read for viewers, run for operators, admin for administrators.
    if (tokenScopes.indexOf(wanted.scope) > userRoles.indexOf(user.role)) throw new AppError('token.scope-too-wide')
    const token = `${apiTokenPrefix}${randomBytes(32).toString('base64url')}`
    const row = await insertApiToken(em, {
      id: ApiTokenId.parse(randomUUID()),
      userId,
      tokenHash: hashApiToken(token),
      name: wanted.name,
      scope: wanted.scope,
      beginsWith: token.slice(0, apiTokenPrefix.length + shownLetters),
      createdAt: new Date(now()),
      expiresAt: wanted.expiresInDays === null ? null : new Date(now() + wanted.expiresInDays * 86_400_000),
    })
    tellAudit({ object: { kind: 'api-token', id: row.id, name: row.name }, details: { scope: row.scope, owner: user.name } })
    return { token, apiToken: presentApiToken(row, user.name) }
  })
}
