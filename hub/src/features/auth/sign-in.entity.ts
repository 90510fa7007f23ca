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
    /** Browser and system as its first request named them, in words (device-text.ts). */
    device: p.text().nullable(),
    /** Of the last use. */
    address: p.text().nullable(),
  },
})
export type SignInRow = InferEntity<typeof SignInEntity>

/** A link that signs somebody in once; only the SHA-256 of its token is kept. */
export const SignInLinkEntity = defineEntity({
  name: 'SignInLink',
  tableName: 'sign_in_link',
  properties: {
    tokenHash: p.blob().primary().check('octet_length(token_hash) = 32'),
    /** Null: the administrator, whose account is made by the first such link. */
    userId: () => p.manyToOne(UserEntity).mapToPk().fieldName('user_id').deleteRule('cascade').nullable().$type<UserId>(),
    createdAt: p.datetime(3),
    expiresAt: p.datetime(3),
    usedAt: p.datetime(3).nullable(),
  },
})
export type SignInLinkRow = InferEntity<typeof SignInLinkEntity>

/** How often signing in failed, by what is counted (sign-in-guard.ts). The key is a keyed hash: the table names nobody. */
export const FailedSignInEntity = defineEntity({
  name: 'FailedSignIn',
  tableName: 'failed_sign_in',
  properties: {
    key: p.blob().primary().check('octet_length(key) = 32'),
    count: p.integer(),
    lastAt: p.datetime(3),
    /** Until then the next try is refused unseen; 1970 = it is not. */
    blockedUntil: p.datetime(3),
    /** From then on the row says nothing any more. */
    forgottenAt: p.datetime(3),
  },
  indexes: [{ name: 'failed_sign_in_forgotten_at_index', properties: ['forgottenAt'] }],
})

/** Where a person has signed in with success: from there nobody else's failures keep them out. */
export const SignInPlaceEntity = defineEntity({
  name: 'SignInPlace',
  tableName: 'sign_in_place',
  properties: {
    userId: () => p.manyToOne(UserEntity).mapToPk().fieldName('user_id').primary().deleteRule('cascade').$type<UserId>(),
    addressHash: p.blob().primary().check('octet_length(address_hash) = 32'),
    lastAt: p.datetime(3),
  },
})
