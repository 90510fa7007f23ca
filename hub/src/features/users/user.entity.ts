import { userRoles, type UserId } from '@holdfast/shared-types'
import { defineEntity, p, type InferEntity } from '@mikro-orm/core'

/** A person with an account. */
export const UserEntity = defineEntity({
  name: 'UserAccount',
  tableName: 'user_account',
  properties: {
    id: p.uuid().$type<UserId>().primary(),
    name: p.text(),
    /** Lower case, so that one address is one account. Null until chosen. */
    email: p.text().nullable().unique('user_account_email_unique'),
    role: p.enum(userRoles),
    /** PHC string of argon2id. Null = only a sign-in link opens this account. */
    passwordHash: p.text().nullable(),
    createdAt: p.datetime(3),
    /** Since when nobody gets in by this account. */
    disabledAt: p.datetime(3).nullable(),
  },
})
export type UserRow = InferEntity<typeof UserEntity>
