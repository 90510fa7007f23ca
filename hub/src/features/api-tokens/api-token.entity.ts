import { tokenScopes, type ApiTokenId, type UserId } from '@holdfast/shared-types'
import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { UserEntity } from '../users/index.ts'

/** A token with which a program speaks for a person; only its SHA-256 is kept. */
export const ApiTokenEntity = defineEntity({
  name: 'ApiToken',
  tableName: 'api_token',
  properties: {
    id: p.uuid().$type<ApiTokenId>().primary(),
    userId: () =>
      p.manyToOne(UserEntity).mapToPk().fieldName('user_id').deleteRule('cascade').index('api_token_user_id_index').$type<UserId>(),
    tokenHash: p.blob().unique('api_token_token_hash_unique').check('octet_length(token_hash) = 32'),
    name: p.text(),
    scope: p.enum(tokenScopes),
    /** The prefix and a few letters: enough to know it by, too few to guess the rest. */
    beginsWith: p.text(),
    createdAt: p.datetime(3),
    expiresAt: p.datetime(3).nullable(),
    /** Written at most once a minute, unless the address changes. */
    lastUsedAt: p.datetime(3).nullable(),
    lastUsedAddress: p.text().nullable(),
    revokedAt: p.datetime(3).nullable(),
  },
})
export type ApiTokenRow = InferEntity<typeof ApiTokenEntity>
