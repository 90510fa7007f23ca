import type { UserId } from '@holdfast/shared-types'
import { defineEntity, p, type InferEntity } from '@mikro-orm/core'
import { UserEntity } from '../users/index.ts'

/** One sign-in of a person: an opaque cookie, of which only the SHA-256 is kept. */
export const SignInEntity = defineEntity({
  name: 'SignIn',
  tableName: 'sign_in',
  properties: {
    tokenHash: p.blob().primary().check('octet_length(token_hash) = 32'),
    userId: () =>
      p.manyToOne(UserEntity).mapToPk().fieldName('user_id').deleteRule('cascade').index('sign_in_user_id_index').$type<UserId>(),
    createdAt: p.datetime(3),
    /** Last use, written at most once a minute. */
    seenAt: p.datetime(3),
    /** End whatever the use. */
    expiresAt: p.datetime(3),
  },
})
export type SignInRow = InferEntity<typeof SignInEntity>

/** A link that signs the administrator in once; only the SHA-256 of its token is kept. */
export const SignInLinkEntity = defineEntity({
  name: 'SignInLink',
  tableName: 'sign_in_link',
  properties: {
    tokenHash: p.blob().primary().check('octet_length(token_hash) = 32'),
    createdAt: p.datetime(3),
    expiresAt: p.datetime(3),
    usedAt: p.datetime(3).nullable(),
  },
})
export type SignInLinkRow = InferEntity<typeof SignInLinkEntity>
