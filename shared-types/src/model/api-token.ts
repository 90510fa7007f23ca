import { z } from 'zod'
import { ApiTokenId, UserId } from '../primitives/ids.ts'
import { TimeMs } from '../primitives/wire-path.ts'

/** What leaked tokens are searched by. */
export const apiTokenPrefix = 'hft_'

/** From the least to the most; each may all that one before it may, and none more than its owner's role at the moment of the call. */
export const tokenScopes = ['read', 'run', 'admin'] as const
export const TokenScope = z.enum(tokenScopes).describe('read: sees; run: also starts and cancels runs; admin: everything a program may')
export type TokenScope = z.infer<typeof TokenScope>

export const ApiToken = z
  .object({
    id: ApiTokenId,
    name: z.string(),
    scope: TokenScope,
    ownerId: UserId,
    ownerName: z.string(),
    /** The first letters of the token, to know it by. */
    beginsWith: z.string(),
    createdAtMs: TimeMs,
    expiresAtMs: TimeMs.nullable(),
    lastUsedAtMs: TimeMs.nullable(),
    lastUsedAddress: z.string().nullable(),
    revokedAtMs: TimeMs.nullable(),
  })
  .meta({ id: 'ApiToken', description: 'A way for a program to call the API in the name of a person' })
export type ApiToken = z.infer<typeof ApiToken>
